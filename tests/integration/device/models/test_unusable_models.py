"""A model that loads and cannot answer is refused when it is loaded, with the reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from agent_memory.device.engine import MlxEngine
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.model_host import ModelHost
from agent_memory.engine.model_roster import ModelRoster
from agent_memory.errors import ModelLoadFailed, ModelNotUsable
from agent_memory.prompts.request import PromptRequest
from agent_memory.testing.models import make_model_folder
from agent_memory.turns.messages import Message, Role, Text
from tests.integration.device.conftest import small_settings
from tests.integration.device.small_tokenizers import HERMES, byte_level, write_model_folder

QUESTION = PromptRequest((Message(Role.USER, (Text("Hi"),)),))


def damage(folder: Path, tensor: str, value: float) -> Path:
    """Set all numbers of a tensor to `value`."""
    path = folder / "model.safetensors"
    weights = load_file(path)
    weights[tensor] = np.full_like(weights[tensor], value)
    save_file(weights, path, {"format": "mlx"})
    return folder


@pytest.mark.parametrize(
    ("shape", "tensor", "value"),
    [
        ("llama", "model.norm.weight", float("nan")),
        ("llama", "model.layers.1.mlp.up_proj.weight", float("inf")),
        ("recurrent", "model.norm.weight", float("nan")),
    ],
)
def test_a_model_that_computes_no_numbers_is_refused(
    tmp_path: Path, shape: str, tensor: str, value: float
) -> None:
    folder = damage(make_model_folder(tmp_path, shape), tensor, value)
    with pytest.raises(ModelNotUsable, match="computes NaN or infinity"):
        MlxEngine.load(folder, "damaged", small_settings(), None)


async def test_a_damaged_model_that_is_loaded_later_leaves_the_former_one_serving(
    tmp_path: Path,
) -> None:
    folders = {
        "well": make_model_folder(tmp_path / "well"),
        "damaged": damage(
            make_model_folder(tmp_path / "damaged"), "model.norm.weight", float("nan")
        ),
    }
    host: ModelHost[MlxEngine] = ModelHost(
        ModelRoster(folders),
        lambda name: MlxEngine.check(folders[name], name),
        lambda name: MlxEngine.load(folders[name], name, small_settings(), None),
        lambda *_: None,
    )
    host.begin("well")
    with pytest.raises(ModelLoadFailed, match="computes NaN or infinity"):
        await host.load("damaged", grace_s=1)
    assert host.engine.info.model == "well"
    host.engine.close()


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% for message in messages %}{{ message.content }", "TemplateSyntaxError"),
        ("{% for message in messages %}{{ message.content | shout }}{% endfor %}", "shout"),
        ("{{ messages[0].content.parts[0].text }}", "UndefinedError"),
        ("{{ 1 // 0 }}{{ messages[0].content }}", "ZeroDivisionError"),
        ("{{ raise_exception('I take nothing') }}", "I take nothing"),
        ("Hello!", "leaves out what the user says"),
        (
            (
                "{% for message in messages %}{% for part in message.content %}"
                "{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
            ),
            "leaves out what the user says",
        ),
        (
            (
                "{% for message in messages %}{% if message.role == 'assistant' %}"
                "{{ message.content.parts[0] }}{% endif %}{{ message.content }}{% endfor %}"
            ),
            "cannot render a conversation",
        ),
    ],
    ids=[
        "broken syntax",
        "an unknown filter",
        "what is not there",
        "an error of arithmetic",
        "refuses everything",
        "says the same always",
        "takes parts alone",
        "breaks at the second turn",
    ],
)
def test_a_template_that_renders_no_conversation_is_refused_with_the_reason(
    tmp_path: Path, template: str, reason: str
) -> None:
    folder = write_model_folder(tmp_path, byte_level(), template)
    with pytest.raises(ModelNotUsable, match="its chat template") as caught:
        Prompter.load(folder)
    assert reason in caught.value.reason
    assert "\n" not in caught.value.reason


def test_an_engine_does_not_start_with_a_broken_template(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path)
    (folder / "chat_template.jinja").write_text("{% for message in messages %}")
    with pytest.raises(ModelNotUsable, match="its chat template cannot render"):
        MlxEngine.load(folder, "m", small_settings(), None)


@pytest.mark.parametrize(
    "template",
    [
        (
            "{% if messages[0].role != 'system' %}{{ raise_exception('system first') }}{% endif %}"
            "{% for message in messages %}{{ message.content }}{% endfor %}"
        ),
        (
            "{% if messages | length > 2 %}{{ raise_exception('one question only') }}{% endif %}"
            "{{ messages[-1].content }}"
        ),
    ],
    ids=["insists on a system message", "answers one question only"],
)
def test_a_template_may_say_what_it_does_not_take(tmp_path: Path, template: str) -> None:
    Prompter.load(write_model_folder(tmp_path, byte_level(), template))


def test_a_template_may_insist_on_a_list_of_tools_after_an_answer_alone(tmp_path: Path) -> None:
    template = (
        "{% if messages | length > 2 %}{% for tool in tools %}{{ tool }}{% endfor %}{% endif %}"
        "{% for message in messages %}{{ message.content }}{% endfor %}"
    )
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), template))
    said = ((Role.USER, "one "), (Role.ASSISTANT, "two "), (Role.USER, "three"))
    messages = tuple(Message(role, (Text(text),)) for role, text in said)
    (tokens,) = prompter.render(PromptRequest(messages)).pieces
    assert b"".join(map(prompter.token_bytes, tokens)) == b"one two three"


def test_a_model_without_a_template_is_served_for_completions(tmp_path: Path) -> None:
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), None))
    assert prompter.render(PromptRequest(raw_prompt="Hi")).pieces[0]


@pytest.mark.parametrize("content", [{"chat_template": HERMES}, HERMES], ids=["named", "bare"])
def test_a_template_in_chat_template_json_is_read(tmp_path: Path, content: object) -> None:
    wanted = Prompter.load(write_model_folder(tmp_path / "usual", byte_level(), HERMES))
    folder = write_model_folder(tmp_path / "json", byte_level(), None)
    (folder / "chat_template.json").write_text(json.dumps(content))
    found = Prompter.load(folder)
    assert found.render(QUESTION) == wanted.render(QUESTION)
    assert found.has_tools
    assert found.fingerprint() == wanted.fingerprint()


def test_of_several_templates_in_chat_template_json_the_default_one_is_taken(
    tmp_path: Path,
) -> None:
    wanted = Prompter.load(write_model_folder(tmp_path / "usual", byte_level(), HERMES))
    folder = write_model_folder(tmp_path / "json", byte_level(), None)
    templates = [{"name": "other", "template": "{{ no"}, {"name": "default", "template": HERMES}]
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": templates}))
    assert Prompter.load(folder).render(QUESTION) == wanted.render(QUESTION)


def test_the_tokenizer_s_own_template_goes_before_chat_template_json(tmp_path: Path) -> None:
    folder = write_model_folder(tmp_path, byte_level(), None)
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": "{{ broken"}))
    (folder / "chat_template.jinja").write_text(HERMES)
    assert Prompter.load(folder).render(QUESTION).pieces[0]


@pytest.mark.parametrize("content", ['{"chat_temp', "{}", '{"chat_template": 7}', "null"])
def test_a_broken_chat_template_json_is_named(tmp_path: Path, content: str) -> None:
    folder = write_model_folder(tmp_path, byte_level(), None)
    (folder / "chat_template.json").write_text(content)
    with pytest.raises(ModelNotUsable, match=r"chat_template\.json"):
        Prompter.load(folder)
