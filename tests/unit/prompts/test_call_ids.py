"""Ids of calls."""

from agent_memory.prompts.call_ids import CallIds, fresh_call_id


def test_the_same_origin_gives_the_same_ids_in_the_same_order() -> None:
    first, again = CallIds("turn_1/1", 0), CallIds("turn_1/1", 0)
    assert [first() for _ in range(3)] == [again() for _ in range(3)]


def test_no_two_calls_have_one_id() -> None:
    origins = [("turn_1/1", 0), ("turn_1/1", 1), ("turn_1/3", 0), ("turn_2/1", 0)]
    given = [ids() for ids in (CallIds(*origin) for origin in origins) for _ in range(5)]
    given += [fresh_call_id(), fresh_call_id()]
    assert len(set(given)) == len(given)
    assert {len(id_) for id_ in given} == {len("call_") + 24}
