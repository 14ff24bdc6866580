"""A working set as the text that a model reads: the same bytes for the same entries."""

from agent_memory.memory.packing.dated_lines import dated
from agent_memory.memory.packing.recalled_text import as_block
from agent_memory.memory.workingset.sections import TITLES
from agent_memory.memory.workingset.working_set import Section, WorkingSet


def render(working_set: WorkingSet) -> str:
    """One block, sections with their titles; empty sections are left out, and nothing is said for
    nothing. No clock is read: dates are absolute."""
    sections = [_rendered(section) for section in working_set.sections if section.entries]
    return as_block("\n".join(sections))


def heading(section: Section) -> str:
    return f"## {TITLES[section.name]}"


def _rendered(section: Section) -> str:
    marks = {entry.item.item_id: entry.mark for entry in section.entries}
    lines = []
    for entry in section.entries:
        fixed = ", ".join(f"[{marks[failure]}]" for failure in entry.fixes if failure in marks)
        relation = f"fixes {fixed}: " if fixed else ""
        lines.append((entry.item, f"[{entry.mark}] {relation}{entry.text}"))
    return f"{heading(section)}\n{dated(lines)}"
