"""Paths found in text, and the forms in which they meet."""

import pytest

from agent_memory.memory.search.paths import file_keys, find_paths, normal_path, without_diff_prefix


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("see src/app/main.py:12 and `lib/x.ts`", ["src/app/main.py", "lib/x.ts"]),
        ("C:\\work\\a.cpp broke", ["C:\\work\\a.cpp"]),
        ("setup.cfg", ["setup.cfg"]),
        ("e.g. this. Or that.", []),
        ("https://example.com/a/b.js", []),
        ("we use Node.js and Vue.js", []),
        ("mail me at a@b.com", []),
    ],
)
def test_paths_are_found_in_text(text: str, paths: list[str]) -> None:
    assert [path for path, _ in find_paths(text)] == paths


def test_paths_have_one_form() -> None:
    assert normal_path("C:\\work\\a.cpp") == "/work/a.cpp"
    assert normal_path("./src/a.py") == "src/a.py"
    assert without_diff_prefix("b/src/a.py") == "src/a.py"
    assert normal_path("b/src/a.py") == "b/src/a.py"


def test_an_absolute_a_relative_and_a_bare_path_share_a_key() -> None:
    absolute, relative, bare = (
        set(file_keys(path)) for path in ("/srv/app/src/cart.py", "src/cart.py", "cart.py")
    )
    assert absolute & relative & bare
    assert len(absolute & relative) == 2


def test_a_name_that_many_folders_have_leads_nowhere_alone() -> None:
    assert not set(file_keys("a/x/__init__.py")) & set(file_keys("b/y/__init__.py"))
    assert file_keys("__init__.py") != ()
