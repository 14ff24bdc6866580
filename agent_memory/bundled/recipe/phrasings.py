"""Sentences that tell a fact and questions that ask for it, those for training and those held out.

`{k}` stands for the key as the user says it ("my name"), `{K}` for the same at the start of a
sentence, `{v}` for the value.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrasings:
    """Phrasings the model is trained on, and phrasings it meets only in evaluation."""

    seen: tuple[str, ...]
    held_out: tuple[str, ...]

    def of(self, *, held_out: bool) -> tuple[str, ...]:
        """One of the two sets."""
        return self.held_out if held_out else self.seen


TELL = Phrasings(
    seen=(
        "{K} is {v}.",
        "{K} is {v}.",
        "{K} is {v}",
        "{K} is {v}!",
        "Remember that {k} is {v}.",
        "Remember: {k} is {v}.",
        "Please remember that {k} is {v}.",
        "Please remember {k}: {v}.",
        "Can you remember that {k} is {v}?",
        "Note that {k} is {v}.",
        "{v} is {k}.",
        "By the way, {k} is {v}.",
        "I want you to know that {k} is {v}.",
        "Keep in mind that {k} is {v}.",
        "{K}: {v}",
        "{K} = {v}",
        "Save this: {k} is {v}.",
        "FYI, {k} is {v}.",
        "So {k} is {v}, okay?",
        "Just so you know, {k} is {v}.",
        "Let me tell you {k}: it is {v}.",
        "{K} will be {v}.",
        "We chose {v} as {k}.",
        "Use {v} as {k}.",
        "I set {k} to {v}.",
        "Store {v} as {k}.",
        "As for {k}, it is {v}.",
        "I think {k} is {v}.",
        "They told me that {k} is {v}.",
        "{K} happens to be {v}.",
        "About {k}: it's {v}.",
        "I should say {k} is {v}.",
        "You see, {k} is {v}.",
        "It seems that {k} is {v}.",
        "One more fact: {k} is {v}.",
        "Write down that {k} is {v}.",
        "I have to tell you that {k} is {v}.",
    ),
    held_out=(
        "Don't forget that {k} is {v}.",
        "For the record, {k} is {v}.",
        "You should know that {k} is {v}.",
        "I'd like to mention that {k} is {v}.",
        "It turns out {k} is {v}.",
        "Make a note: {k} is {v}.",
        "Here is {k}: {v}.",
        "Learn this by heart: {k} is {v}.",
    ),
)

CORRECT = Phrasings(
    seen=(
        "Actually, {k} is {v}.",
        "{K} is now {v}.",
        "Correction: {k} is {v}.",
        "I changed {k} to {v}.",
        "Sorry, {k} is {v}.",
        "No, {k} is {v}.",
        "{K} changed, it is {v} now.",
        "I was wrong: {k} is {v}.",
        "Change {k} to {v}.",
        "From now on {k} is {v}.",
        "Update: {k} is {v}.",
    ),
    held_out=(
        "Scratch that, {k} is {v}.",
        "My mistake, {k} is {v}.",
        "Since today {k} is {v}.",
        "We moved {k} to {v}.",
    ),
)

ASK = Phrasings(
    seen=(
        "What is {k}?",
        "What is {k}?",
        "What's {k}?",
        "what is {k}",
        "Do you remember {k}?",
        "Do you remember what {k} is?",
        "Tell me {k}.",
        "Tell me what {k} is.",
        "Can you tell me {k}?",
        "Can you tell me what {k} is?",
        "Remind me of {k}.",
        "Remind me what {k} is.",
        "I forgot {k}.",
        "{K}?",
        "What was {k} again?",
        "Could you remind me what {k} is?",
        "Do you know {k}?",
        "Do you know what {k} is?",
        "Please repeat {k}.",
        "What did I say {k} was?",
        "What did I tell you {k} is?",
        "What have I told you about {k}?",
        "Can you recall {k}?",
        "And {k}?",
        "I need {k}.",
        "Give me {k}.",
        "Do you still know {k}?",
        "Now tell me what {k} is.",
        "Say {k} again.",
        "Question: what is {k}?",
        "Please tell me {k}.",
        "Which is {k}?",
        "I don't remember {k}. What is it?",
        "Have I told you {k}?",
        "Think back and tell me {k}.",
        "Go back and say what {k} is.",
        "Please look and answer: what is {k}?",
        "Then what is {k}?",
        "I cannot remember {k}.",
        "One question: do you know {k}?",
        "Would you tell me {k}?",
        "I want to know {k}.",
        "You know {k}, right?",
    ),
    held_out=(
        "Would you kindly tell me what {k} is?",
        "I can't recall {k}, can you?",
        "Let me hear {k} once more.",
        "Any idea what {k} is?",
        "Quick check: {k}?",
        "Could you look back and tell me {k}?",
        "What did we say about {k}?",
        "So what is {k} then?",
        "Answer me this: what is {k}?",
    ),
)

OPENERS = ("Hey, ", "Ok, ", "Okay, ", "Well, ", "So, ", "Also, ", "Now, ", "Oh, ", "Hi! ",
           "Hello. ", "Great. ", "Thanks. ", "Good. ", "One more thing: ", "And ", "Listen, ",
           "Alright, ", "Hm, ", "Next: ", "Please note: ")  # fmt: skip
CLOSERS = (" Thanks!", " Thank you.", " Okay?", " Please.", " Got it?", " That is all.", " Right?",
           " Be brief.", " Answer in one sentence.", " Remember it.")  # fmt: skip
FILLERS = (
    "the", "a", "of", "and", "to", "in", "is", "was", "for", "on", "that", "with", "as", "at", "by",
    "from", "it", "this", "are", "be", "or", "an", "we", "they", "not", "have", "has", "had", "but",
    "all", "can", "will", "one", "more", "when", "out", "so", "up", "if", "about", "who", "get",
    "which", "some", "them", "then", "there", "time", "very", "just", "now", "also", "over", "like",
    "only", "new", "good", "first", "after", "other", "because", "where", "most", "before", "any",
    "these", "own", "under", "last", "never", "still", "between", "while", "might", "great",
    "small", "large", "every", "found", "used", "made", "long", "down", "way", "many", "well",
    "even", "back", "years", "work", "day", "little", "people", "part",
)  # fmt: skip
