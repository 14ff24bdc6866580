from agent_memory.memory.service.working_sets import WorkingSetRequest
from agent_memory.memory.workingset.rendering import render
from agent_memory.memory.workingset.sections import SectionName
from agent_memory.memory.workingset.working_set import WorkingSet
from tests.unit.memory.made_items import day
from tests.unit.memory.service.house import ALPHA, TALK, House

OLDER, NEWER = "We use log4j for logging.", "We use slf4j for logging."


def decisions(working_set: WorkingSet) -> list[str]:
    return [
        entry.item.text
        for section in working_set.sections
        if section.name is SectionName.DECISIONS
        for entry in section.entries
    ]


async def test_what_is_recent_is_there_whatever_is_asked() -> None:
    house = House()
    await house.say(NEWER)

    working_set = await house.memory.working_sets.assemble(ALPHA, WorkingSetRequest("a ferry", 500))

    assert NEWER in decisions(working_set)


async def test_a_working_set_of_then_knows_nothing_of_later() -> None:
    house = House()
    await house.say(OLDER, at=day(1))
    await house.say(NEWER, at=day(9))

    async def decided(request: WorkingSetRequest) -> list[str]:
        return decisions(await house.memory.working_sets.assemble(ALPHA, request))

    assert (await decided(WorkingSetRequest("logging", 500, as_of=day(5)))) == [OLDER]
    assert (await decided(WorkingSetRequest("logging", 500)))[0] == NEWER


async def test_what_is_to_be_left_out_is_nowhere() -> None:
    house = House()
    await house.say(NEWER)

    working_set = await house.memory.working_sets.assemble(
        ALPHA, WorkingSetRequest("logging", 500), lambda item: item.thread_id == TALK
    )

    assert working_set.entries == ()


async def test_a_working_set_keeps_to_its_budget() -> None:
    house = House()
    for number in range(30):
        await house.say(f"We use tool{number} for purpose{number}.")

    working_set = await house.memory.working_sets.assemble(ALPHA, WorkingSetRequest("tool", 80))

    assert working_set.num_tokens == len(render(working_set).split()) <= 80
    assert working_set.entries
