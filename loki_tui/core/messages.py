"""What is said between the engine and a model, in no vendor's words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

JsonObject = dict[str, JsonValue]


class Frozen(BaseModel):
    """A value: it never changes and refuses fields it does not know."""

    # Built when first used: no process uses all of them, and each costs a millisecond.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class TextPart(Frozen):
    """Plain text."""

    type: Literal["text"] = "text"
    text: str


class OpaquePart(Frozen):
    """Something a provider wants back verbatim (signed reasoning, say) and nobody else reads."""

    type: Literal["opaque"] = "opaque"
    provider: str
    data: JsonObject
    summary: str = ""
    """What a person may read of it."""


class ToolCall(Frozen):
    """A model asks for an action."""

    type: Literal["tool_call"] = "tool_call"
    id: str
    """The provider's name for this call; the result must carry it."""
    name: str
    input: JsonObject
    malformed: str | None = None
    """The raw input where it was no JSON object; `input` is then empty."""
    redacted: bool = False
    """A secret was taken out: this is not what the model asked for word by word."""


class ToolResult(Frozen):
    """What came of an action."""

    type: Literal["tool_result"] = "tool_result"
    call: str
    content: str
    is_error: bool = False


Part = Annotated[TextPart | OpaquePart | ToolCall | ToolResult, Field(discriminator="type")]


class Message(Frozen):
    """One side's contribution to a conversation."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All plain text in it."""
        return "\n".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The actions it asks for, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class Usage(Frozen):
    """Tokens of one request as the provider bills them; the tiers do not overlap."""

    input_tokens: int = 0
    """Input neither read from nor written to a cache."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    """Written to the short-lived cache."""
    cache_write_long_tokens: int = 0
    """Written to the long-lived cache."""

    @property
    def prompt_tokens(self) -> int:
        """All input, whatever its price."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.cache_write_long_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cache_write_long_tokens=self.cache_write_long_tokens + other.cache_write_long_tokens,
        )


class ToolSpec(Frozen):
    """A tool a model may call."""

    name: str
    description: str
    schema_: JsonObject = Field(alias="schema")
    """JSON Schema of its input."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
