"""Everyday tools: what they are called, what they take, how one asks for them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent_memory.bundled.recipe.askings import ASKINGS
from agent_memory.bundled.recipe.phrasings import Phrasings


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a tool: its JSON type, what it means, and the kind of value it takes.

    Requests know it by its first name even when it was given another one.
    """

    name: str
    type: str
    description: str
    kind: str
    is_required: bool = True
    first_name: str = ""

    @property
    def mark(self) -> str:
        """Where a request has the parameter's value."""
        return f"{{{self.first_name or self.name}}}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool and the requests that call for it; `{name}` in a request stands for a parameter.

    Brief requests name only what it does or what to, and each comes with that word: it calls for
    this tool as long as no other one on offer has to do with it.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    requests: Phrasings
    brief: tuple[tuple[str, str], ...] = ()

    def has_to_do_with(self, word: str) -> bool:
        """Whether the word stands in its name or its description."""
        return word.lower() in f"{self.name} {self.description}".lower()

    def among(self, others: Iterable["Tool"]) -> "Tool":
        """The same tool, with those brief requests that call for none of the others."""
        rivals = [tool for tool in others if tool is not self]
        clear = [
            text
            for word, text in self.brief
            if not any(tool.has_to_do_with(word) for tool in rivals)
        ]
        seen = self.requests.seen + tuple(clear)
        return replace(self, requests=Phrasings(seen, self.requests.held_out), brief=())

    def asked_in_more_ways(self) -> "Tool":
        """The same tool with its requests from `ASKINGS` among those for training."""
        seen = self.requests.seen + ASKINGS[self.name]
        return replace(self, requests=Phrasings(seen, self.requests.held_out))


def _text(name: str, description: str, kind: str = "phrase") -> Parameter:
    return Parameter(name, "string", description, kind)


def _whole(name: str, description: str) -> Parameter:
    return Parameter(name, "integer", description, "number")


def _spare(name: str, description: str) -> Parameter:
    return Parameter(name, "string", description, "word", is_required=False)


_EVERYDAY = (
    Tool("get_current_time", "Get the current time.", (),
         Phrasings(("What time is it?", "Tell me the time.", "What's the time?", "Time?",
                    "what time is it", "What is the current time?", "How late is it?"),
                   ("Do you have the time?", "Could you check the time?"))),
    Tool("get_date", "Get the date of today.", (),
         Phrasings(("What day is it today?", "What is the date?", "Which day is it?",
                    "What is today's date?", "Tell me the date."),
                   ("Could you check the date?", "What date do we have?"))),
    Tool("list_users", "List all users.", (),
         Phrasings(("List all users.", "List the users.", "Show me the users.",
                    "Who are the users?", "Which users are there?"),
                   ("Give me a list of the users.",))),
    Tool("take_screenshot", "Take a screenshot of the screen.", (),
         Phrasings(("Take a screenshot.", "Make a screenshot.", "Capture the screen.",
                    "Screenshot, please."), ("I need a screenshot of the screen.",))),
    Tool("get_weather", "Get the current weather for a city.",
         (_text("city", "Name of the city", "name"), _spare("unit", "celsius or fahrenheit")),
         Phrasings(("What is the weather in {city}?", "What's the weather like in {city}?",
                    "Weather in {city}?", "How is the weather in {city}?",
                    "Is it raining in {city}?", "Tell me the weather in {city}.",
                    "Check the weather for {city}.",
                    "What is the weather in {city} today?"),
                   ("Could you look up the weather of {city}?",
                    "Do I need a coat in {city} with this weather?",
                    "I'd like to know the weather in {city} right now."))),
    Tool("get_time", "Get the current time in a city.",
         (_text("city", "Name of the city", "name"),),
         Phrasings(("What time is it in {city}?", "Tell me the time in {city}.",
                    "What is the time in {city}?", "Current time in {city}?"),
                   ("How late is it in {city}? Give me the time.",
                    "Could you check the time in {city}?"))),
    Tool("search_web", "Search the web for a query.", (_text("query", "What to search for"),),
         Phrasings(("Search the web for {query}.", "Search for {query}.", "Google {query}.",
                    "Find {query} on the web.", "Look for {query} on the internet.",
                    "Do a web search for {query}."),
                   ("Please run a search on the web about {query}.",
                    "See what the web says about {query}."))),
    Tool("read_file", "Read a file and return its content.",
         (_text("path", "Path of file", "path"),),
         Phrasings(("Read the file {path}.", "Show me the file {path}.", "What is in {path}?",
                    "Read {path}.", "Open the file {path}.", "Show the content of {path}."),
                   ("I want to see the file {path}.", "Please have a look into the file {path}."))),
    Tool("write_file", "Write text to a file.",
         (_text("path", "Path of the file", "path"), _text("content", "Text to write")),
         Phrasings(("Write {content} to {path}.", "Write {content} to the file {path}.",
                    "Save {content} in {path}.", "Put the text {content} into the file {path}."),
                   ("The file {path} should contain {content}, please write it.",))),
    Tool("list_files", "List the files in a folder.", (_text("folder", "Folder to list", "path"),),
         Phrasings(("List the files in {folder}.", "Which files are in {folder}?",
                    "What files does {folder} have?", "Show all files in the folder {folder}."),
                   ("Give me a list of the files below {folder}.",))),
    Tool("delete_file", "Delete a file.", (_text("path", "Path of the file to delete", "path"),),
         Phrasings(("Delete {path}.", "Delete the file {path}.", "Remove the file {path}.",
                    "Please remove {path}."), ("Get rid of the file {path}.",))),
    Tool("run_tests", "Run the tests of a package.", (_text("target", "Package to test", "word"),),
         Phrasings(("Run the tests of {target}.", "Run the tests for {target}.", "Test {target}.",
                    "Do the tests of {target} pass?"), ("Can you run all tests in {target}?",))),
    Tool("send_email", "Send an email to somebody.",
         (_text("to", "Address of the recipient", "address"), _text("subject", "Subject line")),
         Phrasings(("Send an email to {to} about {subject}.", "Email {to} about {subject}.",
                    "Write an email to {to} with the subject {subject}.",
                    "Mail {to} with subject {subject}."),
                   ("Drop an email to {to}, subject {subject}.",))),
    Tool("send_message", "Send a message to a person.",
         (_text("recipient", "Who gets the message", "name"), _text("text", "The message")),
         Phrasings(("Send {recipient} the message {text}.", "Tell {recipient}: {text}",
                    "Message {recipient}: {text}", "Send a message to {recipient} saying {text}."),
                   ("Let {recipient} have this message: {text}",))),
    Tool("add", "Add two numbers.", (_whole("a", "First number"), _whole("b", "Second number")),
         Phrasings(("Add {a} and {b}.", "What is {a} + {b}?", "What is {a} plus {b}?",
                    "Sum {a} and {b}.", "How much is {a} plus {b}?",),
                   ("I need the sum of {a} and {b}.",
                    "Can you add {a} and {b} for me?"))),
    Tool("multiply", "Multiply two numbers.",
         (_whole("a", "First number"), _whole("b", "Second number")),
         Phrasings(("Multiply {a} by {b}.", "What is {a} times {b}?", "What is {a} * {b}?",
                    "How much is {a} times {b}?", "Multiply {a} and {b}."),
                   ("I need the product of {a} times {b}.",))),
    Tool("calculator", "Evaluate an arithmetic expression.",
         (_text("expression", "Expression to evaluate", "expression"),),
         Phrasings(("Calculate {expression}.", "Evaluate {expression}.", "Compute {expression}."),
                   ("Please work out {expression} with the calculator.",))),
    Tool("create_event", "Create an event in the calendar.",
         (_text("title", "Title of the event"), _text("date", "Date of the event", "date")),
         Phrasings(("Create an event {title} on {date}.", "Put {title} in my calendar on {date}.",
                    "Schedule {title} for {date}.", "Add the event {title} on {date}."),
                   ("My calendar needs an event {title} on {date}.",))),
    Tool("set_timer", "Set a timer for a number of minutes.", (_whole("minutes", "How long"),),
         Phrasings(("Set a timer for {minutes} minutes.", "Timer for {minutes} minutes.",
                    "Start a timer of {minutes} minutes.", "Wake me in {minutes} minutes."),
                   ("Count down {minutes} minutes with a timer.",))),
    Tool("set_reminder", "Set a reminder.",
         (_text("text", "What to be reminded of"), _text("time", "When", "date")),
         Phrasings(("Remind me to {text} at {time}.", "Set a reminder for {text} at {time}.",
                    "Create a reminder: {text} at {time}."),
                   ("I want a reminder about {text} at {time}.",))),
    Tool("translate", "Translate a text into another language.",
         (_text("text", "Text to translate"), _text("language", "Target language", "word")),
         Phrasings(("Translate {text} into {language}.", "Translate {text} to {language}.",
                    "What is {text} in {language}?", "How do you say {text} in {language}?"),
                   ("Give me a translation of {text} into {language}.",))),
    Tool("get_stock_price", "Get the price of a stock.", (_text("symbol", "Ticker", "code"),),
         Phrasings(("What is the stock price of {symbol}?", "Stock price of {symbol}?",
                    "How much is the stock {symbol}?", "Get the price of the stock {symbol}."),
                   ("At what price does the stock {symbol} trade?",))),
    Tool("convert_currency", "Convert money into another currency.",
         (_whole("amount", "How much"), _text("currency", "Target currency", "word")),
         Phrasings(("Convert {amount} into {currency}.", "How much is {amount} in {currency}?",
                    "Convert {amount} to {currency}."), ("Exchange {amount} to {currency}.",))),
    Tool("play_music", "Play a song.", (_text("song", "Title of the song"),),
         Phrasings(("Play {song}.", "Play the song {song}.", "I want to hear {song}.",
                    "Put on some {song} music."), ("Let us listen to the song {song}.",))),
    Tool("get_order_status", "Look up the status of an order.",
         (_text("order_id", "Number of the order", "code"),),
         Phrasings(("What is the status of order {order_id}?", "Where is my order {order_id}?",
                    "Check order {order_id}.", "Status of order {order_id}?"),
                   ("How far along is the order {order_id}?",))),
    Tool("find_user", "Find a user by name.", (_text("name", "Name of the user", "name"),),
         Phrasings(("Find the user {name}.", "Look up the user {name}.", "Who is the user {name}?",
                    "Search the users for {name}."), ("Is there a user called {name}?",))),
    Tool("open_page", "Open a web page.", (_text("url", "Address of the page", "address"),),
         Phrasings(("Open the page {url}.", "Open {url}.", "Go to {url}.", "Visit {url}.",
                    "Show me the page {url}."), ("Take me to the page {url}.",))),
    Tool("run_command", "Run a command in the shell.", (_text("command", "The command"),),
         Phrasings(("Run {command}.", "Run the command {command}.", "Execute {command}.",
                    "Run {command} in the shell."),
                   ("Please execute the shell command {command}.",))),
    Tool("query_database", "Run a query against the database.", (_text("query", "The query"),),
         Phrasings(("Query the database for {query}.", "Ask the database for {query}.",
                    "Run the database query {query}.", "Look in the database for {query}."),
                   ("What does the database have on {query}?",))),
    Tool("roll_dice", "Roll dice.", (_whole("sides", "Sides of the dice"),),
         Phrasings(("Roll a dice with {sides} sides.", "Roll a {sides} sided dice.",
                    "Roll the dice, {sides} sides."), ("Throw a dice that has {sides} sides.",))),
    Tool("turn_on_light", "Turn on the light in a room.", (_text("room", "The room", "word"),),
         Phrasings(("Turn on the light in {room}.", "Switch on the light in {room}.",
                    "Light on in {room}.", "Make light in the room {room}."),
                   ("It is dark in {room}, turn on the light.",))),
    Tool("book_table", "Book a table in a restaurant.",
         (_text("restaurant", "The restaurant", "name"), _whole("people", "How many people")),
         Phrasings(("Book a table at {restaurant} for {people} people.",
                    "Reserve a table at {restaurant} for {people}.",
                    "I want a table at {restaurant} for {people} people."),
                   ("Get us a table at {restaurant}, we are {people} people.",))),
)  # fmt: skip

SEEN = tuple(tool.asked_in_more_ways() for tool in _EVERYDAY)
RIVALS = frozenset({"add", "multiply", "calculator"})

HELD_OUT = (
    Tool("cancel_flight", "Cancel a flight.", (_text("flight", "Number of the flight", "code"),),
         Phrasings((), ("Cancel the flight {flight}.", "I want to cancel flight {flight}."))),
    Tool("track_parcel", "Track a parcel.", (_text("parcel", "Number of the parcel", "code"),),
         Phrasings((), ("Track the parcel {parcel}.", "Where is the parcel {parcel}?"))),
    Tool("define_word", "Get the definition of a word.", (_text("word", "The word", "word"),),
         Phrasings((), ("Define the word {word}.", "What is the definition of {word}?"))),
    Tool("mute_channel", "Mute a channel.", (_text("channel", "Name of the channel", "word"),),
         Phrasings((), ("Mute the channel {channel}.", "Please mute {channel}."))),
    Tool("rename_branch", "Rename a branch.",
         (_text("old", "Old name", "path"), _text("new", "New name", "path")),
         Phrasings((), ("Rename the branch {old} to {new}.", "Rename {old} to {new}."))),
    Tool("restart_service", "Restart a service.", (_text("service", "The service", "word"),),
         Phrasings((), ("Restart the service {service}.", "Please restart {service}."))),
)  # fmt: skip
