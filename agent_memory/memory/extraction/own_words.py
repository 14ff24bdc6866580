"""The words that a person typed, without what their client put around them."""

import re

CLIENT_TAGS = (
    "system-reminder|environment_context|environment_details|user_instructions|"
    "(?-i:INSTRUCTIONS)|user_info|additional_data|attached_files|"
    "open_and_recently_viewed_files|turn_aborted|"
    r"ide_\w+|local-command-\w+|command-\w+|bash-std\w+|task-notification|cursor_rules\w*"
)
"""Alternatives of a regular expression: the tags between which clients put words of their own."""
_BLOCK = re.compile(
    rf"<(?P<tag>{CLIENT_TAGS})(?:\s[^>\n]*)?>.*?(?:</(?P=tag)>|\Z)\s*", re.DOTALL | re.IGNORECASE
)
_AROUND = re.compile(r"</?(?:user_query|user_message|task|feedback)>", re.IGNORECASE)
"""Tags around the person's own words."""
_SIDE_REQUEST = re.compile(
    r"\s*(?:please )?(?:write|generate|create|suggest|come up with|give me|provide) (?:me )?"
    r"(?:a|an|the) (?:[\w -]{0,40} )?(?:title|name|summary|headline|slug|branch name) (?:for|of) "
    r"(?:the |this |our )?(?:following |above |current |coding |chat )*"
    r"(?:conversation|session|chat|discussion|dialogue|exchange|thread|messages?)\b|"
    r"\s*(?:summari[sz]e|title) (?:this|the|our) (?:\w+ )?(?:conversation|session|chat)\b|"
    r"\s*your task is to (?:create|write) a detailed summary of (?:the|this) conversation|"
    r"\s*you are performing a context checkpoint compaction|"
    r"\s*analy[sz]e if this message indicates a new conversation topic|"
    r"\s*\[suggestion mode\b|\s*generate a title for this conversation",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """What is left is empty where the client wrote all of it."""
    if "<" not in text:
        return text.strip()
    return _AROUND.sub("", _BLOCK.sub("", text)).strip()


def is_side_request(text: str) -> bool:
    """Whether a client asks for itself, for a title or a summary: nobody said any of it."""
    return _SIDE_REQUEST.match(text) is not None
