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

TELL_HEADS = (
    "Remember that", "Remember:", "Please remember that", "Please remember:", "Note that",
    "Please note that", "Note:", "By the way,", "I want you to know that", "Keep in mind that",
    "Please keep in mind that", "Save this:", "FYI,", "Just so you know,", "I think",
    "They told me that", "I should say", "You see,", "It seems that", "One more fact:",
    "Write down that", "I have to tell you that", "I believe", "I heard that", "As you may know,",
    "Be aware that", "I can tell you that", "What matters is that", "We decided that", "Fact:",
    "Hint:", "Info:", "Important:", "News:", "Reminder:", "Of course", "Today I learned that",
    "Somebody said that", "My notes say that", "It happens that", "Take note that", "Mark this:",
    "Put down that", "Please store that", "Please keep this:", "I can add that", "It is so that",
    "Memorise this:", "Learn that", "I found out that", "I wanted to say that", "Let me say that",
    "I may add:", "It looks as if", "Keep this:", "The thing is,", "As it is,", "Know that",
    "To be clear,", "In case you ask,", "In fact,", "After all,", "It is clear that",
    "I'm telling you that", "I'd say", "Let us note that", "Take this down:", "Let me add that",
    "You can note that", "You will need this:", "Do remember that", "Never mind, but",
)  # fmt: skip
ASK_HEADS = (
    "Tell me", "Please tell me", "Can you tell me", "Could you tell me", "Could you please tell me",
    "Would you tell me", "Will you tell me", "Now tell me", "Do you know", "Do you remember",
    "Do you still know", "Can you recall", "Do you recall", "Can you say", "Could you say",
    "Please say", "Say", "Remind me", "Please remind me", "Could you remind me", "I want to know",
    "I need to know", "I'd like to know", "I would like to know", "I wonder", "I must know",
    "I forgot", "I cannot remember", "I don't remember", "I do not know", "I don't know", "Show me",
    "Let me know", "Let me see", "Help me remember", "I am asking", "May I ask", "May I know",
    "Can I ask", "It would be nice to know", "I am not sure", "I lost track of", "Think back:",
    "Go back and say", "Check", "Please check", "Please look and say", "Repeat", "Please repeat",
    "Once again,", "You know", "Have I told you", "Did I tell you", "Did I say", "Are you sure of",
    "Can you look up", "Can you find out", "Give me", "Find out", "Answer:", "Question:",
    "Next question:", "One question:", "Simple question:", "I have a question:", "Test:",
    "I ask you", "State", "Look up", "Would you know", "Could you check", "Can you repeat",
)  # fmt: skip
ASK_TAILS = (
    " again", " please", ", please", " now", " for me", " one more time", ", do you know",
    ", can you say", ", do you remember", ", right", " at the moment", " today", ", if you know",
    ", as I told you", ", as far as you know", ", do you", " these days", ", by the way",
)  # fmt: skip

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
