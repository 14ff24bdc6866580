"""`python -m tests.former.make`: writes what this version leaves behind, before it is released."""

import sys
import tempfile
from pathlib import Path

import httpx

from agent_memory import __version__
from agent_memory.testing.models import make_model_folder
from tests.acceptance.server import Server

FOLDER = Path(__file__).parent
SESSION, QUESTION = "keeper", "tell me about the lighthouse and its keeper"
DECISION = "We decided to paint the lighthouse red."
PLAN = [{"paint": "white"}, {"paint": "red"}]


def main() -> None:
    """A backup and the archive of a session."""
    folder = FOLDER / __version__
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="am-former-") as home:
        model = make_model_folder(Path(home) / "llama")
        server = Server(Path(home) / "data", model).start()
        try:
            headers = {"Authorization": f"Bearer {server.key}"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
                _fill(client)
                archive = client.get(f"/v1/agents/{SESSION}/export").raise_for_status()
                (folder / "session.tar").write_bytes(archive.content)
            made = server.command("backup", str(folder / "whole.backup"))
            sys.stdout.write(made.stdout + made.stderr)
        finally:
            server.discard()


def _fill(client: httpx.Client) -> None:
    turn = {"model": "m", "session_id": SESSION, "max_tokens": 8, "temperature": 0}
    said = {"messages": [{"role": "user", "content": QUESTION}]}
    client.post("/v1/chat/completions", json=turn | said).raise_for_status()
    materials = {"chat": [{"role": "user", "content": DECISION}]}
    remembered = {"thread_id": "harbour", "materials": materials}
    client.post("/v1/ingest", json=remembered).raise_for_status()
    for data in PLAN:
        client.put("/v1/contexts/plan", json={"data": data}).raise_for_status()


if __name__ == "__main__":
    main()
