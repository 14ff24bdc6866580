"""Which models a server may load, and how each of them fares."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from agent_memory.engine.info import EngineInfo
from agent_memory.errors import Conflict, InvalidRequest, InvariantBroken


class ModelState(StrEnum):
    LOADED = "loaded"
    """It answers."""
    LOADING = "loading"
    """It is to answer soon; until then the former one does, or turns wait."""
    OFFLOADED = "offloaded"
    """It may be loaded."""
    FAILED = "failed"
    """It could not be loaded when that was last tried. It may be tried again."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. `reason`: why it failed."""

    name: str
    state: ModelState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model with what is known of it: from its files, where they are on this machine, and from
    the engine when it is loaded. `num_bytes`: of its weights' files."""

    entry: ModelEntry
    context_window: int | None = None
    weight_format: str | None = None
    num_bytes: int | None = None
    info: EngineInfo | None = None


class ModelRoster:
    """The models that may be loaded, in the order in which they were named. At most one is."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._failures: dict[str, str] = {}
        self.loaded: str | None = None
        self.loading: str | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def find(self, name: str) -> str:
        """The model of that name, or the one whose path or hub id ends with it. Raises
        `InvalidRequest`, with those there are."""
        if name in self._names:
            return name
        found = [known for known in self._names if PurePath(known).name == name]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(self._names)
        what = f"Several models end with '{name}'" if found else f"There is no model '{name}' here"
        raise InvalidRequest(f"{what}; these may be loaded: {listed}.", "model")

    def begin(self, name: str) -> None:
        """`name` is being loaded from now on. `Conflict` when another one is."""
        self.check_is_free()
        self.loading = name
        self._failures.pop(name, None)

    def check_is_free(self) -> None:
        """Raise `Conflict` while a model is being loaded."""
        if self.loading is not None:
            raise Conflict(f"The model '{self.loading}' is being loaded; try again afterwards.")

    def has_loaded(self, name: str) -> None:
        self.loaded, self.loading = name, None
        self._failures.pop(name, None)

    def has_failed(self, name: str, reason: str) -> None:
        """It could not be loaded, or cannot any more."""
        self._failures[name] = reason
        if self.loading == name:
            self.loading = None
        if self.loaded == name:
            self.loaded = None

    def has_offloaded(self) -> None:
        self.loaded = None

    def settle(self) -> None:
        """Nothing is being loaded any more, however that ended."""
        self.loading = None

    def entries(self) -> tuple[ModelEntry, ...]:
        """All models, the loaded one first."""
        entries = [self._entry(name) for name in self._names]
        return tuple(sorted(entries, key=lambda entry: entry.state is not ModelState.LOADED))

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the books contradict each other."""
        known = {*self._failures, *filter(None, (self.loaded, self.loading))}
        if not known <= set(self._names):
            raise InvariantBroken("a model is in the books that may not be loaded")
        if self.loading is not None and self.loading == self.loaded:
            raise InvariantBroken("a model is loaded and being loaded")
        if self._failures.keys() & {self.loaded, self.loading}:
            raise InvariantBroken("a model has failed and serves")

    def _entry(self, name: str) -> ModelEntry:
        if name == self.loaded:
            return ModelEntry(name, ModelState.LOADED)
        if name == self.loading:
            return ModelEntry(name, ModelState.LOADING)
        if (reason := self._failures.get(name)) is not None:
            return ModelEntry(name, ModelState.FAILED, reason)
        return ModelEntry(name, ModelState.OFFLOADED)
