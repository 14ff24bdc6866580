import pytest

from agent_memory.memory.search.terms import (
    CONTEXT_WEIGHT,
    MAX_TERM_LENGTH,
    MAX_TERMS,
    SEARCH_WEIGHT,
    TEXT_WEIGHT,
    index_terms,
    iterate_terms,
    query_terms,
    query_weights,
)


def test_words_are_stemmed_and_stop_words_left_out() -> None:
    assert list(iterate_terms("We were Running the tests, weren't we?")) == ["run", "test"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parseHttpHeader", ["parsehttpheader", "pars", "http", "header"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("max_retry_count", ["max_retry_count", "max", "retri", "count"]),
        ("__init__", ["init"]),
        ("src/x/Foo.java:12", ["src", "x", "foo", "java", "12"]),
        ("Caroline's Caroline\u2019s", ["carolin", "carolin"]),
        ("v12", ["v12", "v", "12"]),
        ("\uff46ull", ["full"]),
        ("\u6771\u4eac\u30bf", ["\u6771\u4eac", "\u4eac\u30bf"]),
        ("\u732b", ["\u732b"]),
        ("___ ... \x00", []),
        (
            "\u7f13\u5b58\u7528Redis",
            ["\u7f13\u5b58\u7528redis", "\u7f13\u5b58", "\u5b58\u7528", "redi"],
        ),
        ("\u306fNATS\u306b", ["\u306fnats\u306b", "\u306f", "nat", "\u306b"]),
        (
            "\ub808\ub514\uc2a4\ub294",
            ["\ub808\ub514\uc2a4\ub294", "\ub808\ub514", "\ub514\uc2a4", "\uc2a4\ub294"],
        ),
        ("L'API d\u2019Amazon", ["l'api", "api", "d\u2019amazon", "amazon"]),
        ("jusqu'ici dell'opera", ["jusqu'ici", "ici", "dell'opera", "opera"]),
        ("o'clock don't", list(iterate_terms("o'clock"))),
        ("\u7532" * 100 + "\u4e59", ["\u7532\u7532"] * 99 + ["\u7532\u4e59"]),
    ],
)  # fmt: skip
def test_identifiers_paths_and_other_scripts_are_split(text: str, expected: list[str]) -> None:
    assert list(iterate_terms(text)) == expected


def test_a_question_finds_an_identifier_by_its_words_and_its_words_by_the_identifier() -> None:
    assert query_terms("parse headers").keys() < index_terms("parseHeader()").frequencies.keys()
    assert query_terms("parseHeader").keys() & index_terms("it parses a header").frequencies.keys()


def test_occurrences_are_weighted_by_where_they_are() -> None:
    terms = index_terms("apple apple", "apple pear", "apple plum")

    assert terms.frequencies == {
        "appl": 2 * TEXT_WEIGHT + CONTEXT_WEIGHT + SEARCH_WEIGHT,
        "pear": CONTEXT_WEIGHT,
        "plum": SEARCH_WEIGHT,
    }
    assert terms.length == sum(terms.frequencies.values())


def test_what_one_item_can_cost_is_bounded() -> None:
    text = " ".join(f"w{'x' * (number % 7)}q{number}" for number in range(3 * MAX_TERMS))

    terms = index_terms(text + " " + "y" * 100_000)

    assert len(terms.frequencies) == MAX_TERMS
    assert max(map(len, terms.frequencies)) <= MAX_TERM_LENGTH


def test_a_repeated_word_of_a_question_counts_little_more() -> None:
    weights = query_weights("error error error timeout")

    assert weights["timeout"] == 1.0
    assert 1.0 < weights["error"] < 3.0
