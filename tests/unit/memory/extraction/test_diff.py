"""Changes of files, with what they changed in them and why."""

from datetime import UTC, datetime

from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind
from tests.unit.memory.extraction.materials import keys, material, read_diff, read_log

SHOWN = """commit 1234567890abcdef1234567890abcdef12345678
Author: Ann <ann@example.com>
Date:   Wed May 1 12:00:00 2024 +0200

    Sum what is parsed

    Lines came as text from the importer.

diff --git a/src/cart.py b/src/cart.py
index 1111111..2222222 100644
--- a/src/cart.py
+++ b/src/cart.py
@@ -1,7 +1,7 @@
 import decimal
 # here
 class ShoppingCart:
     def grand_total(self):
-        return sum(self.rawLines)
+        return sum(self.parsedLines)
 # there
     def size(self):
"""


def test_a_shown_commit_gives_its_message_date_and_symbols() -> None:
    (draft,) = read_diff(SHOWN)
    assert draft.kind is ItemKind.DIFF
    assert draft.occurred_at == datetime(2024, 5, 1, 10, 0, tzinfo=UTC)
    assert draft.metadata["subject"] == "Sum what is parsed"
    assert draft.metadata["commit"] == "1234567890abcdef1234567890abcdef12345678"
    assert "modified src/cart.py in grand_total" in draft.context
    assert draft.text.startswith("diff --git a/src/cart.py")
    assert {"raw", "parsed", "lines", "shopping"} & set(draft.search_text.split()) >= {
        "raw",
        "parsed",
        "lines",
    }
    assert {"src/cart.py", "cart.py"} <= keys(draft, KeyKind.FILE)
    assert "grand_total" in keys(draft, KeyKind.SYMBOL)


def test_a_mailed_patch_gives_its_subject() -> None:
    text = (
        "From 1234567890abcdef1234567890abcdef12345678 Mon Sep 17 00:00:00 2001\n"
        "From: Ann <ann@example.com>\nDate: Wed, 1 May 2024 12:00:00 +0200\n"
        "Subject: [PATCH 1/2] Sum what is\n parsed\n\nBody.\n---\n src/cart.py | 2 +-\n"
        " 1 file changed, 1 insertion(+), 1 deletion(-)\n\n"
        + SHOWN[SHOWN.index("diff --git") :]
        + "-- \n2.40.0\n"
    )
    (draft,) = read_diff(text)
    assert draft.metadata["subject"] == "Sum what is parsed"
    assert "Body." in draft.search_text
    assert not draft.text.endswith("2.40.0")


def test_new_deleted_renamed_and_binary_files_are_told_apart() -> None:
    text = """diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+def created(): pass
diff --git a/old.py b/old.py
deleted file mode 100644
--- a/old.py
+++ /dev/null
@@ -1 +0,0 @@
-def removed(): pass
diff --git a/from.py b/to.py
similarity index 100%
rename from from.py
rename to to.py
diff --git a/logo.png b/logo.png
index 1111111..2222222 100644
Binary files a/logo.png and b/logo.png differ
"""
    drafts = read_diff(text)
    assert [(d.metadata["change"], d.metadata["path"]) for d in drafts] == [
        ("added", "new.py"),
        ("deleted", "old.py"),
        ("renamed", "to.py"),
        ("binary", "logo.png"),
    ]
    assert drafts[2].metadata["old_path"] == "from.py"
    assert {"from.py", "to.py"} <= keys(drafts[2], KeyKind.FILE)
    assert "created" in keys(drafts[0], KeyKind.SYMBOL)
    assert "removed" in keys(drafts[1], KeyKind.SYMBOL)


def test_removed_lines_that_look_like_headers_stay_in_their_hunk() -> None:
    text = """--- a/notes.sql
+++ b/notes.sql
@@ -1,3 +1,2 @@
 select 1;
--- a comment
 select 2;
"""
    (draft,) = read_diff(text)
    assert draft.metadata["num_removed"] == 1


def test_a_broken_hunk_spoils_no_other() -> None:
    text = """--- a/a.py
+++ b/a.py
@@ -1,2 +1,2 @@ def first():
-one
+two
 three
@@ -10,9 +10,9 @@ def second():
-four
+five
nonsense
--- a/b.py
+++ b/b.py
@@ -1 +1 @@ def third():
-six
+seven
"""
    drafts, notes = extract(material(MaterialKind.DIFF, text))
    assert [d.metadata["path"] for d in drafts] == ["a.py", "b.py"]
    assert drafts[0].metadata["symbols"] == ["first"]
    assert notes == ("1 of 2 hunks of a.py could not be parsed; the raw text keeps them.",)


def test_what_is_no_diff_is_kept_with_a_note() -> None:
    drafts, notes = extract(material(MaterialKind.DIFF, "I changed the parser."))
    assert [d.text for d in drafts] == ["I changed the parser."]
    assert notes != ()


def test_a_hunk_without_a_file_is_kept() -> None:
    (draft,) = read_diff("@@ -1 +1 @@ func (s *Server) Run() {\n-a\n+b\n")
    assert "Server.Run" in keys(draft, KeyKind.SYMBOL)
    assert "path" not in draft.metadata


def test_a_long_change_is_shown_by_hunks_below_a_summary() -> None:
    hunks = [
        f"@@ -{n},2 +{n},2 @@ def part_{n}():\n-{'x' * 900}\n+{'y' * 900}\n kept\n"
        for n in range(10, 60, 10)
    ]
    text = "--- a/big.py\n+++ b/big.py\n" + "".join(hunks)
    whole, *parts = read_diff(text)
    assert whole.text.startswith("modified big.py: +5 -5 in 5 places\n  part_10")
    assert [part.source for part in parts] == [0] * 5
    assert [text[p.span.begin : p.span.end] for p in parts] == [hunk[:-1] for hunk in hunks]
    assert "part_30" in keys(parts[2], KeyKind.SYMBOL)
    assert "part_10" not in keys(parts[2], KeyKind.SYMBOL)


def test_a_failure_and_its_fix_share_keys() -> None:
    failure = read_log(
        "--- org.x.csv.ParserTest::testEmpty\njava.lang.NullPointerException\n"
        "\tat org.x.csv.Parser.next(Parser.java:12)\n"
        "\tat org.x.csv.ParserTest.testEmpty(ParserTest.java:20)\n"
    )[0]
    fix = read_diff(
        "--- a/src/main/java/org/x/csv/Parser.java\n"
        "+++ b/src/main/java/org/x/csv/Parser.java\n"
        "@@ -10,3 +10,3 @@ public class Parser {\n     Token next() {\n"
        "-        return queue.take();\n"
        "+        return queue.isEmpty() ? null : queue.take();\n     }\n"
    )[0]
    test = read_diff(
        "--- a/src/test/java/org/x/csv/ParserTest.java\n"
        "+++ b/src/test/java/org/x/csv/ParserTest.java\n"
        "@@ -18,2 +18,3 @@ public class ParserTest {\n     public void testEmpty() {\n"
        "+        assertNull(new Parser().next());\n     }\n"
    )[0]
    shared = set(failure.keys) & set(fix.keys)
    assert {key.value for key in shared} >= {"csv/Parser.java", "Parser.java", "Parser.next"}
    assert "ParserTest.testEmpty" in keys(failure, KeyKind.TEST) & keys(test, KeyKind.TEST)


def test_a_plain_diff_of_several_files_has_no_commit() -> None:
    files = ("auth/session.py", "docs/colours.md", "shop/cart.py")
    text = "\n".join(
        f"diff --git a/{name} b/{name}\nindex 1111111..2222222 100644\n--- a/{name}\n+++ b/{name}\n"
        f"@@ -1 +1 @@\n-old {name}\n+new {name}\n"
        for name in files
    )
    drafts = read_diff(text)
    assert [draft.context for draft in drafts] == [f"modified {name}" for name in files]
    assert not any("subject" in draft.metadata for draft in drafts)
    assert "session" not in drafts[1].search_text


def test_what_a_tool_writes_between_two_files_is_no_commit() -> None:
    text = """\
Index: a.py
===================================================================
--- a.py\t(revision 3)
+++ a.py\t(working copy)
@@ -1 +1 @@
-a
+b

Property changes on: a.py
___________________________________________________________________
Added: svn:eol-style

Index: b.py
===================================================================
--- b.py\t(revision 3)
+++ b.py\t(working copy)
@@ -1 +1 @@
-a
+b
"""
    assert [draft.context for draft in read_diff(text)] == ["modified a.py", "modified b.py"]
