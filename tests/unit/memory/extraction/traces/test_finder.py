"""Stack traces of five languages, as their programs print them."""

from agent_memory.memory.extraction.lines import cut_lines
from agent_memory.memory.extraction.trace import Trace
from agent_memory.memory.extraction.traces.finder import find_traces


def find(text: str) -> list[Trace]:
    lines = cut_lines(text)
    return find_traces(lines, 0, len(lines))


def find_one(text: str) -> Trace:
    traces = find(text)
    assert len(traces) == 1
    return traces[0]


def functions(trace: Trace) -> list[str]:
    return [frame.function for frame in trace.frames]


PYTHON = """Traceback (most recent call last):
  File "/srv/app/run.py", line 10, in main
    work()
  File "/srv/app/work.py", line 4, in work
    return json.loads(text)
           ~~~~~~~~~~^^^^^^
  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
"""


def test_a_python_traceback_has_its_innermost_frame_first() -> None:
    trace = find_one(f"before\n{PYTHON}after\n")
    assert trace.exception == "json.decoder.JSONDecodeError"
    assert trace.message == "Expecting value: line 1 column 1 (char 0)"
    assert functions(trace) == ["loads", "work", "main"]
    assert [frame.is_project for frame in trace.frames] == [False, True, True]
    assert (trace.begin, trace.end) == (1, 10)


def test_chained_python_exceptions_are_one_trace_with_causes() -> None:
    text = (
        f"{PYTHON}\nDuring handling of the above exception, another exception occurred:\n\n"
        'Traceback (most recent call last):\n  File "/srv/app/run.py", line 12, in main\n'
        "    raise BadInput(text) from None\napp.BadInput: first line\n  second line\n"
    )
    trace = find_one(text)
    assert (trace.exception, trace.message) == ("app.BadInput", "first line\nsecond line")
    assert [cause.exception for cause in trace.causes] == ["json.decoder.JSONDecodeError"]
    assert [f.function for f in trace.project_frames(12)] == ["main", "work", "main"]


def test_a_python_exception_group_has_its_members_as_causes() -> None:
    text = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/run.py", line 8, in main
  |     async with TaskGroup() as group:
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/a.py", line 3, in fetch
    |     raise ValueError("a")
    | ValueError: a
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app/b.py", line 5, in store
    |     raise KeyError("b")
    | KeyError: 'b'
    +------------------------------------
"""
    trace = find_one(text)
    assert trace.exception == "ExceptionGroup"
    assert [(c.exception, functions(c)) for c in trace.causes] == [
        ("ValueError", ["fetch"]),
        ("KeyError", ["store"]),
    ]
    assert trace.end == 15


def test_a_java_trace_has_causes_and_knows_the_folders_of_its_files() -> None:
    text = """12:00:01.123 [main] ERROR o.x.App - failed
org.x.StoreException: cannot save
second line of the message
	at org.x.store.Store.save(Store.java:41)
	at java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
	at org.x.App.lambda$main$0(App.java:17)
	Suppressed: java.lang.IllegalStateException: closed
		at org.x.store.Store.close(Store.java:60)
Caused by: java.sql.SQLException: no connection
	at org.x.store.Pool.take(Pool.java:9)
	... 12 more
after
"""
    trace = find_one(text)
    assert trace.exception == "org.x.StoreException"
    assert trace.message == "cannot save\nsecond line of the message"
    assert trace.frames[0].file == "org/x/store/Store.java"
    assert [f.line for f in trace.project_frames(12)] == [41, 17, 9]
    assert [(c.exception, c.message) for c in trace.causes] == [
        ("java.sql.SQLException", "no connection")
    ]
    assert (trace.begin, trace.end) == (1, 11)


def test_the_head_of_a_java_trace_may_stand_at_the_end_of_a_log_line() -> None:
    text = 'Exception in thread "main" java.lang.NullPointerException\n\tat a.b.C.d(C.java:1)\n'
    assert find_one(text).exception == "java.lang.NullPointerException"
    text = "2024-05-01 ERROR in C: a.b.BadException: no\n\tat a.b.C.d(C.java:1)\n"
    assert (find_one(text).exception, find_one(text).message) == ("a.b.BadException", "no")


def test_a_javascript_trace_has_its_cause_and_leaves_node_out() -> None:
    text = """/srv/app/index.js:10
Error: could not start
    at start (/srv/app/src/server.js:21:11)
    at async Object.<anonymous> (/srv/app/index.js:10:3)
    at Module._compile (node:internal/modules/cjs/loader:1241:14) {
  [cause]: TypeError: Cannot read properties of undefined (reading 'port')
      at readConfig (/srv/app/src/config.js:5:20)
"""
    trace = find_one(text.replace(" {\n", "\n"))
    assert (trace.exception, trace.message) == ("Error", "could not start")
    assert [(f.function, f.line, f.is_project) for f in trace.frames] == [
        ("start", 21, True),
        ("", 10, True),
        ("Module._compile", 1241, False),
    ]
    assert [c.exception for c in trace.causes] == ["TypeError"]
    assert find_one(text).frames[-1].line == 1241


def test_a_go_panic_begins_below_the_runtime_and_swallows_other_goroutines() -> None:
    text = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
panic({0x4a0e60?, 0xc0000b2000?})
	/usr/local/go/src/runtime/panic.go:770 +0x132
main.(*Cart).Total(0xc000012345, 0x5)
	/srv/app/cart.go:17 +0x1d
main.main()
	/srv/app/main.go:9 +0x25

goroutine 6 [chan receive]:
main.worker()
	/srv/app/worker.go:4 +0x30
created by main.main in goroutine 1
	/srv/app/main.go:8 +0x20
exit status 2
"""
    trace = find_one(text)
    assert (trace.exception, trace.message[:13]) == ("panic", "runtime error")
    assert functions(trace) == ["main.(*Cart).Total", "main.main"]
    assert cut_lines(text).texts[trace.end] == "exit status 2"


def test_a_rust_panic_is_read_with_a_backtrace_and_without() -> None:
    short = "thread 'main' panicked at src/cart.rs:7:9:\nindex out of bounds\nnote: run with ..."
    trace = find_one(short)
    assert (trace.message, trace.frames[0].file, trace.frames[0].line) == (
        "index out of bounds",
        "src/cart.rs",
        7,
    )
    old = "thread 'main' panicked at 'boom', src/main.rs:4:5"
    assert find_one(old).message == "boom"
    long = """thread 'main' panicked at src/cart.rs:7:9:
index out of bounds
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:645:5
   1: core::panicking::panic_fmt
             at /rustc/abc/library/core/src/panicking.rs:72:14
   2: cart::Cart::total::h0123456789abcdef
             at ./src/cart.rs:7:9
   3: cart::main
             at ./src/main.rs:3:5
note: Some details are omitted
"""
    trace = find_one(long)
    assert [f.function for f in trace.project_frames(12)] == ["cart::Cart::total", "cart::main"]


def test_traces_that_are_broken_off_are_read_as_far_as_they_go() -> None:
    assert find_one(PYTHON[:120]).exception == ""
    assert find_one("\tat a.b.C.d(C.java:1)").exception == ""


def test_prose_with_the_word_at_is_no_trace() -> None:
    assert find("at noon\nwe met at (home)\n  at 12:30:10 we left\nat last\n") == []
