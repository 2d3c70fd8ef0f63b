"""What programs do with the `anthropic` package. Arguments: the gateway's URL, and its key."""

import sys

import anthropic

from conversation import converse, headers_of

base_url, key = sys.argv[1:]
client = anthropic.Anthropic(base_url=base_url, api_key=key, max_retries=0)

WEATHER = {
    "name": "get_weather",
    "description": "Weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def user(content):
    return [{"role": "user", "content": content}]


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def create(model, content, key=key, max_tokens=500, **rest):
    raw = client.with_options(api_key=key).messages.with_raw_response.create(
        model=model, max_tokens=max_tokens, messages=user(content), **rest
    )
    message = raw.parse()
    return {"headers": headers_of(raw), "message": message.model_dump(), "text": text_of(message)}


def stream(model, content):
    with client.messages.stream(model=model, max_tokens=500, messages=user(content)) as events:
        text = "".join(events.text_stream)
        message = events.get_final_message()
    return {"text": text, "stop_reason": message.stop_reason, "usage": message.usage.model_dump()}


def call_tool(model):
    """A tool is called, once in one piece and once streamed, and its result is read."""
    question = user("What is the weather in Rome?")
    asked = {"model": model, "max_tokens": 4000, "messages": question, "tools": [WEATHER], "tool_choice": {"type": "any"}}
    message = client.messages.create(**asked)
    with client.messages.stream(**asked) as events:
        streamed = events.get_final_message()
    call = next(block for block in message.content if block.type == "tool_use")
    other = next(block for block in streamed.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Sunny, 25 degrees"}
    said = client.messages.create(
        model=model,
        max_tokens=4000,
        messages=[*question, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}],
        tools=[WEATHER],
    )
    return {"called": call.name, "arguments": call.input, "streamed": other.input, "answer": text_of(said)}


def count(model, content):
    return client.messages.count_tokens(model=model, messages=user(content)).input_tokens


def leave(model):
    """Reads the first piece of a stream and closes it."""
    with client.messages.stream(model=model, max_tokens=500, messages=user("Tell me about trains.")) as events:
        for text in events.text_stream:
            return text


converse({"create": create, "stream": stream, "call_tool": call_tool, "count": count, "leave": leave})
