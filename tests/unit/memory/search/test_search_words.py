"""The words that are searched for when the purpose is a log."""

from agent_memory.memory.search.search_words import search_words

LOG = """Fix this please:
--- org.x.csv.RowParserTest::testEmpty
java.lang.NullPointerException: row
	at org.x.csv.RowParser.nextRow(RowParser.java:12)
	at org.x.csv.RowParserTest.testEmpty(RowParserTest.java:20)
	at java.lang.reflect.Method.invoke(Method.java:498)
	at org.apache.tools.ant.Main.runBuild(Main.java:811)
"""


def test_of_a_log_the_test_exception_message_and_own_frames_are_searched_for() -> None:
    words = search_words(LOG)
    assert words.startswith("Fix this please:")
    assert "org.x.csv.RowParserTest::testEmpty" in words
    assert "java.lang.NullPointerException: row" in words
    assert "RowParser.nextRow" in words
    assert " next row" in words
    assert "runBuild" not in words
    assert "Method.invoke" not in words


def test_what_the_test_tests_is_searched_for() -> None:
    assert "\nRowParser " in search_words(LOG.replace("RowParser.nextRow(RowParser", "A.b(A"))


def test_of_a_sentence_the_words_of_its_identifiers_are_searched_for_too() -> None:
    assert search_words("Where is getUserName?") == "Where is getUserName?\nget user name"
    assert search_words("plain words") == "plain words"


def test_a_long_stack_is_cut() -> None:
    frames = "".join(f"\tat org.x.Deep.call{n}(Deep.java:{n})\n" for n in range(50))
    words = search_words(f"java.lang.StackOverflowError\n{frames}")
    assert words.count("Deep.call") == 12
