"""Structured logs with the request's id in every process, and where metrics are kept."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson

from agent_memory.log_files import RotatedFile

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, and the record's extras."""

    def __init__(self, actor: str) -> None:
        super().__init__()
        self._actor = actor

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "actor": self._actor,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request_id := request_id_var.get()) is not None:
            line["request_id"] = request_id
        line.update({k: v for k, v in vars(record).items() if k not in _OWN_FIELDS})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logging(actor: str, level: str = "INFO", path: str | None = None) -> None:
    """Send the product's log lines as JSON to `path` (or standard error) from this process."""
    handler: logging.Handler = (
        RotatedFile(path) if path is not None else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(JsonFormatter(actor))
    logger = logging.getLogger("agent_memory")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
