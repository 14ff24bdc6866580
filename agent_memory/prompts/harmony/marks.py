"""The marks of harmony: each is a token of its own.

    <|start|>ROLE to=RECIPIENT<|channel|>CHANNEL to=RECIPIENT <|constrain|>json<|message|>…<|end|>

`<|end|>` ends a message, `<|call|>` one that calls a tool, `<|return|>` the last one of a turn. The
recipient stands in one of its two places, or in none.
"""

START, END, MESSAGE, CHANNEL = "<|start|>", "<|end|>", "<|message|>", "<|channel|>"
CONSTRAIN, CALL, RETURN = "<|constrain|>", "<|call|>", "<|return|>"

NEEDED = (START, END, MESSAGE, CHANNEL, CALL)
MARKS = (*NEEDED, CONSTRAIN, RETURN)
TURN_ENDS = (CALL, RETURN)

ASSISTANT = f"{START}assistant"
"""Opens the assistant's turn."""
THINKING = f"{CHANNEL}analysis{MESSAGE}"
PREAMBLE = f"{CHANNEL}commentary{MESSAGE}"
"""What the user may read before a call."""
ANSWER = f"{CHANNEL}final{MESSAGE}"
NAMESPACE = "functions"
"""Where the tools of a request are."""
