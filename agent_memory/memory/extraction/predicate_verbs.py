"""Verbs that have one object at a time, each with the name of what it says."""

from agent_memory.memory.search.identifiers import word_set

_DONE = (
    "signed|encrypted|hashed|formatted|linted|tested|packaged|managed|monitored|tracked|generated|"
    "rendered|cached|encoded|backed|handled"
)
_DONE_AT = "scraped|polled|refreshed|rotated|backed up|synced|scheduled|sent"
VERBS = (
    (r"(?:listens? on|uses|runs on|is on|are on|binds to) port", "port"),
    (r"listens? on", "port"),
    (r"(?:live|lives|stored|kept|reside|resides|located|saved) (?:in|on|at|under)", "stored in"),
    (r"runs? (?:with|via|through|under)", "run with"),
    (r"runs? (?:at|every)", "run at"),
    (r"(?:built|bundled|compiled) (?:with|by)", "built with"),
    (r"written in", "written in"),
    (r"(?:hosted|deployed|served|published) (?:on|in|at|by|to|from|with|via)", "hosted on"),
    (rf"(?:{_DONE}) (?:with|by|in|as|using)", "done with"),
    (rf"(?:{_DONE_AT}) (?:every|at|for)", "done at"),
    (r"(?:go|goes|gets|get|sent) (?:out |over )?(?:to|on|through|into|via)", "goes to"),
    (r"points? (?:to|at)", "points to"),
    (r"targets?", "targets"),
    (r"(?:takes?|costs?|lasts?) (?=about |around |up to |under |\$?\d)", "takes"),
    (r"expires? (?:after|in|on|at)", "expires after"),
    (r"times? out after", "timeout"),
    (r"defaults? to", "default"),
    (r"(?:requires?|allows?|retries|retry|keeps?) (?=at least |at most |up to |\d)", "number"),
    (r"(?:starts?|begins?|opens?) (?:at|on) (?=\d|\w+day)", "starts at"),
    (r"(?:owned|maintained) by", "owner"),
    (r"reviewed by", "reviewer"),
    (r"licensed under", "license"),
    (r"(?:named|called|renamed to)", "name"),
    (r"(?:planned for|due (?:on )?(?=\d|\w+day))", "date"),
    (r"pinned to", "version"),
    (r"belongs? to", "belongs to"),
)
"""(what follows the noun and its helping verbs, what stands for it in the subject)."""
VERB_WORDS = word_set(
    "listen listens uses runs run binds port live lives stored kept reside resides located saved "
    "built bundled compiled written hosted deployed served published go goes get gets points point "
    "target targets take takes cost costs last lasts expire expires time times default defaults "
    "require requires allow allows retries retry keep keeps start starts begin begins open opens "
    "owned maintained reviewed licensed named called renamed planned due pinned belong belongs"
) | word_set(f"{_DONE}|{_DONE_AT}".replace("|", " "))
"""Without one of these there is none of them."""
