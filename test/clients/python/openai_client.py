"""What programs do with the `openai` package. Arguments: the gateway's /v1 URL, and its key."""

import asyncio
import json
import sys

import openai
from pydantic import BaseModel

from conversation import converse, headers_of

base_url, key = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Person(BaseModel):
    name: str
    age: int


def user(content):
    return [{"role": "user", "content": content}]


def chat(model, content, key=key, **rest):
    raw = client.with_options(api_key=key).chat.completions.with_raw_response.create(
        model=model, messages=user(content), **rest
    )
    return {"headers": headers_of(raw), "reply": raw.parse().model_dump()}


def stream(model, content):
    text, finish, usage = "", None, None
    chunks = client.chat.completions.create(
        model=model, messages=user(content), stream=True, stream_options={"include_usage": True}
    )
    for chunk in chunks:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
        usage = chunk.usage or usage
    return {"text": text, "finish": finish, "usage": usage and usage.model_dump()}


def call_tool(model):
    """A tool is called, once in one piece and once streamed, and its result is read."""
    question = user("What is the weather in Rome?")
    asked = {"model": model, "messages": question, "tools": [WEATHER], "tool_choice": "required"}
    message = client.chat.completions.create(**asked).choices[0].message
    with client.chat.completions.stream(**asked) as events:
        streamed = events.get_final_completion().choices[0].message
    call = message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 25 degrees"}
    said = client.chat.completions.create(
        model=model, messages=[*question, message.model_dump(exclude_none=True), result], tools=[WEATHER]
    )
    return {
        "called": call.function.name,
        "arguments": json.loads(call.function.arguments),
        "streamed": json.loads(streamed.tool_calls[0].function.arguments),
        "answer": said.choices[0].message.content,
    }


def parse(model):
    """Structured output as the SDK offers it: a class goes in, an instance comes out."""
    reply = client.chat.completions.parse(model=model, messages=user("Give me a person."), response_format=Person)
    person = reply.choices[0].message.parsed
    return {"is_person": isinstance(person, Person), "person": person.model_dump()}


def respond(model, content):
    """The Responses API, in one piece and as events."""
    raw = client.responses.with_raw_response.create(model=model, input=content, instructions="Be brief.")
    reply = raw.parse()
    text, numbers = "", []
    with client.responses.stream(model=model, input=content, instructions="Be brief.") as events:
        for event in events:
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                text += event.delta
        final = events.get_final_response()
    return {
        "headers": headers_of(raw),
        "text": reply.output_text,
        "gateway": reply.model_dump().get("gateway"),
        "streamed": text,
        "final": final.output_text,
        "is_numbered": numbers == list(range(len(numbers))),
        "usage": [reply.usage.total_tokens, final.usage.total_tokens],
    }


def respond_with_tool(model):
    """Thoughts and a call go back as they came, with the result."""
    tool = {"type": "function", "strict": False, **WEATHER["function"]}
    asked = {"model": model, "tools": [tool], "reasoning": {"effort": "high", "summary": "auto"}}
    question = user("What is the weather in Rome?")
    output = client.responses.create(input=question, **asked).output
    call = next(item for item in output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny, 25 degrees"}
    said = client.responses.create(input=[*question, *output, result], **asked)
    return {
        "kinds": [item.type for item in output],
        "arguments": json.loads(call.arguments),
        "answer": said.output_text,
    }


def respond_parsed(model):
    person = client.responses.parse(model=model, input="Give me a person.", text_format=Person).output_parsed
    return {"is_person": isinstance(person, Person), "person": person.model_dump()}


def respond_brokenly(model):
    with client.responses.stream(model=model, input="Tell me about lakes.") as events:
        events.get_final_response()


def complete(model, prompt):
    whole = client.completions.create(model=model, prompt=prompt).choices[0].text
    chunks = client.completions.create(model=model, prompt=prompt, stream=True)
    return {"whole": whole, "streamed": "".join(choice.text for chunk in chunks for choice in chunk.choices)}


def wait_briefly(model, seconds):
    """Waits less long than the answer takes."""
    return client.with_options(timeout=seconds).chat.completions.create(model=model, messages=user("Take your time."))


def leave(model):
    """Reads the first piece of a stream and closes it."""
    with client.chat.completions.create(model=model, messages=user("Tell me about trains."), stream=True) as chunks:
        for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                return chunk.choices[0].delta.content


def cancel(model):
    """Cancels an asyncio task that reads a stream, after its first piece."""

    async def run():
        heard = asyncio.Event()

        async def read(patient):
            stream = await patient.chat.completions.create(
                model=model, messages=user("Tell me about canals."), stream=True
            )
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    heard.set()

        async with openai.AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0) as patient:
            task = asyncio.create_task(read(patient))
            await heard.wait()
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()

    return asyncio.run(run())


def models():
    return [model.id for model in client.models.list()]


def model(id):
    return client.models.retrieve(id).model_dump()


converse(
    {
        "chat": chat,
        "stream": stream,
        "call_tool": call_tool,
        "parse": parse,
        "respond": respond,
        "respond_with_tool": respond_with_tool,
        "respond_parsed": respond_parsed,
        "respond_brokenly": respond_brokenly,
        "complete": complete,
        "wait_briefly": wait_briefly,
        "leave": leave,
        "cancel": cancel,
        "models": models,
        "model": model,
    }
)
