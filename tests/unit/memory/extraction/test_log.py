"""Lines grouped into templates, errors among them, and the times they bear."""

from datetime import UTC, datetime

from agent_memory.memory.extraction.log import MAX_TEMPLATES
from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind
from tests.unit.memory.extraction.materials import keys, material, of_kind, read_log


def test_lines_that_differ_in_values_are_one_item_with_a_count() -> None:
    values = [
        ("10.0.0.1:80", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "12ms", "0x7ffe", "17"),
        ("10.0.0.2:81", "3f2504e0-4f89-11d3-9a0c-0305e82c3302", "1.5 s", "0x7fff", "2048"),
    ]
    lines = [f"call from {a} id {b} took {c} at {d}, {e} rows" for a, b, c, d, e in values]
    drafts = read_log("\n".join(lines))
    assert [d.text for d in drafts] == [
        "call from <ip> id <uuid> took <duration> at <hex>, <num> rows"
    ]
    assert [d.num_occurrences for d in drafts] == [2]


def test_the_first_and_the_last_time_are_kept() -> None:
    text = "2024-05-01T10:00:00Z tick 1\n2024-05-01T10:05:00Z tick 2\n"
    draft = read_log(text)[0]
    assert draft.occurred_at == datetime(2024, 5, 1, 10, 0, tzinfo=UTC)
    assert draft.last_occurred_at == datetime(2024, 5, 1, 10, 5, tzinfo=UTC)


def test_the_same_template_has_the_same_hash_in_another_log() -> None:
    first = read_log("job 17 done in 3 s\njob 18 done in 4 s")
    second = read_log("job 99 done in 8 s")
    assert [d.content_hash for d in first] == [d.content_hash for d in second]


def test_an_error_is_told_by_level_or_words_and_not_by_their_denial() -> None:
    text = "\n".join(
        (
            "2024-05-01 10:00:00 INFO finished with 0 errors",
            "2024-05-01 10:00:01 ERROR could not bind",
            "2024-05-01 10:00:02 connection refused by peer",
            "2024-05-01 10:00:03 INFO retrying after error",
            'time=2024-05-01T10:00:04Z level=error msg="disk full"',
        )
    )
    drafts = read_log(text)
    assert [d.kind for d in drafts] == [
        ItemKind.LOG,
        ItemKind.ERROR,
        ItemKind.ERROR,
        ItemKind.LOG,
        ItemKind.ERROR,
    ]


def test_a_record_of_several_lines_is_one_item() -> None:
    text = (
        "2024-05-01 10:00:00 INFO config:\n  port: 80\n  host: x\n2024-05-01 10:00:01 INFO ready\n"
    )
    drafts = read_log(text)
    assert len(drafts) == 2
    assert text[drafts[0].span.begin : drafts[0].span.end].endswith("host: x")


def test_a_stack_in_a_log_takes_the_time_of_its_record() -> None:
    text = (
        "2024-05-01 10:00:00 ERROR request failed\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/api.py", line 3, in get\n'
        "KeyError: 'id'\n"
        "2024-05-01 10:00:01 INFO next\n"
    )
    drafts = read_log(text)
    stack = of_kind(drafts, ItemKind.STACK)[0]
    assert stack.occurred_at == datetime(2024, 5, 1, 10, 0, tzinfo=UTC)
    assert [d.kind for d in drafts] == [ItemKind.STACK, ItemKind.ERROR, ItemKind.LOG]


def test_files_named_in_a_line_lead_to_it() -> None:
    draft = read_log("warning: unused import in /build/src/net/pool.rs:14")[0]
    assert {"pool.rs", "net/pool.rs"} <= keys(draft, KeyKind.FILE)


def test_a_log_of_too_many_different_lines_is_cut_with_a_note_and_keeps_its_errors() -> None:
    names = ["".join(chr(97 + (n // 26**k) % 26) for k in range(4)) for n in range(900)]
    lines = [f"{name} {name}x {name}y" for name in names]
    drafts, notes = extract(material(MaterialKind.LOG, "\n".join([*lines, "ERROR at the end"])))
    assert len(drafts) == MAX_TEMPLATES
    assert drafts[-1].text == "ERROR at the end"
    assert "501" in notes[0]


def test_what_stands_below_a_repeated_line_is_kept() -> None:
    text = """\
2026-11-03 09:00:01 ERROR jobs: order 4711 failed
  reason: disk quota exceeded on volume alpha
2026-11-03 09:00:02 ERROR jobs: order 4712 failed
  reason: certificate of beta.acme.test expired
2026-11-03 09:00:03 ERROR jobs: order 4799 failed
  reason: no route to gamma
"""
    told = " ".join(f"{draft.text} {draft.search_text}" for draft in read_log(text))
    for detail in ("alpha", "certificate of beta.acme.test expired", "no route to gamma", "4712"):
        assert detail in told


def test_what_another_thread_said_below_a_repeated_line_is_kept() -> None:
    text = """\
2026-11-03 09:00:01 ERROR worker-1: job 17 broke
2026-11-03 09:00:01 INFO worker-2: polled
QuotaError: tenant 9 is over its quota
2026-11-03 09:00:02 INFO worker-2: polled
2026-11-03 09:00:03 INFO worker-2: polled
"""
    drafts = read_log(text)
    assert any("tenant 9 is over its quota" in draft.text for draft in drafts)


def test_the_values_of_a_repeated_line_lead_to_it() -> None:
    draft = read_log("".join(f"order {4700 + number} shipped\n" for number in range(50)))[0]
    assert draft.num_occurrences == 50
    assert {"4700", "4712", "4749"} <= set(draft.search_text.split())


def test_values_beyond_what_leads_to_a_line_are_noted() -> None:
    text = "".join(f"order {10**9 + number} shipped\n" for number in range(3000))
    drafts, notes = extract(material(MaterialKind.LOG, text))
    assert len(drafts[0].search_text) < 20_000
    assert "so many values" in notes[0]


def test_the_time_and_the_level_of_a_line_of_json_are_read() -> None:
    at = datetime(2023, 11, 3, 9, 12, 4, tzinfo=UTC)
    lines = (
        '{"level":"error","time":"2023-11-03T09:12:04Z","msg":"disk full"}',
        '{"level":50,"time":1699002724000,"pid":7,"msg":"cannot bind the socket"}',
        '{"severity":"ERROR","message":"quota used up","timestamp":"2023-11-03T09:12:04Z"}',
        '{"@timestamp":"2023-11-03T09:12:04.000Z","log.level":"ERROR","message":"shard lost"}',
        '{"msg":"a late ledger","levelname":"CRITICAL","ts":1699002724.0}',
        '{"level":30,"time":1699002724000,"msg":"error count is low"}',
    )
    for line in lines:
        (draft,) = read_log(line)
        assert draft.occurred_at == at
        assert draft.kind is (ItemKind.LOG if ":30," in line else ItemKind.ERROR)


def test_the_time_of_a_line_of_spark_is_read() -> None:
    (draft,) = read_log("24/05/01 10:00:00 ERROR Executor: task 3 lost its block")
    assert draft.occurred_at == datetime(2024, 5, 1, 10, 0, tzinfo=UTC)


def test_a_stack_in_an_object_is_a_stack_of_its_time() -> None:
    stack = "Error: card declined\\n    at charge (/app/src/pay.js:12:9)"
    java = "java.lang.IllegalStateException: closed\\n\\tat org.acme.Pool.take(Pool.java:12)"
    text = "\n".join(
        (
            f'{{"level":"error","time":"2024-05-01T10:00:00Z","msg":"no","stack":"{stack}"}}',
            '{"level":"info","time":"2024-05-01T10:00:01Z","msg":"two\\nlines"}',
            f'{{"level":50,"time":1714557602000,"error":{{"stack_trace":"{java}"}}}}',
            '{"level":"error","stack":"Error: cut\\n    at x (/a.js:1:1)',
        )
    )
    stacks = of_kind(read_log(text), ItemKind.STACK)
    assert [draft.text.split("\n") for draft in stacks] == [
        ["Error: card declined", "  at charge (/app/src/pay.js:12)"],
        [
            "java.lang.IllegalStateException: closed",
            "  at org.acme.Pool.take (org/acme/Pool.java:12)",
        ],
    ]
    assert [draft.occurred_at.second for draft in stacks] == [0, 2]
    assert [text[draft.span.begin :][:1] for draft in stacks] == ["{", "{"]
