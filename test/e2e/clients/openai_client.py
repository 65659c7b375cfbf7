"""The official Python client of OpenAI against a server that speaks its interface; prints what it saw, a JSON line a step."""

import asyncio
import json
import sys

import openai

URL, KEY, PICTURE = sys.argv[1:]
HI = [{"role": "user", "content": "hi"}]


def say(step, **seen):
    print(json.dumps({"step": step, **seen}), flush=True)


def client(**more):
    return openai.OpenAI(**{"base_url": URL, "api_key": KEY, "max_retries": 0, **more})


def error_of(call):
    try:
        call()
    except openai.OpenAIError as error:
        return {
            "kind": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "code", None),
            "param": getattr(error, "param", None),
            "message": str(error),
        }
    return {"kind": None}


def joined(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def plain():
    with client() as one:
        say("models", ids=[model.id for model in one.models.list()], one=one.models.retrieve("chat").owned_by)
        answer = one.chat.completions.create(model="chat", messages=HI)
        say("whole", **answer.model_dump(include={"choices", "usage", "model", "object"}))
        asked = dict(model="chat", messages=HI, stream=True, stream_options={"include_usage": True})
        with one.chat.completions.create(**asked) as stream:
            chunks = list(stream)
        say("stream", text=joined(chunks), usage=chunks[-1].usage.total_tokens, roles=chunks[0].choices[0].delta.role)
        with one.chat.completions.stream(model="chat", messages=HI) as events:
            for _ in events:
                pass
            final = events.get_final_completion()
        say("helper", text=final.choices[0].message.content, finish=final.choices[0].finish_reason)
        raw = one.chat.completions.with_raw_response.create(model="chat", messages=HI)
        say("raw", status=raw.status_code, request=raw.request_id, text=raw.parse().choices[0].message.content)
    with client(base_url=URL + "/") as one:
        say("slash", text=one.chat.completions.create(model="chat", messages=HI).choices[0].message.content)


def sampled():
    """What belongs to the profile, and what asks for nothing, does not stop a request."""
    harmless = dict(temperature=0.2, top_p=0.9, max_tokens=50, max_completion_tokens=50, seed=1, user="me", n=1)
    nothing = dict(tools=[], stop=[], logprobs=False, response_format={"type": "text"}, parallel_tool_calls=False)
    with client() as one:
        answer = one.chat.completions.create(model="chat", messages=HI, **harmless, **nothing)
        say("harmless", text=answer.choices[0].message.content)


def refused():
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    asked = {
        "tools": dict(tools=[tool]),
        "tool_choice": dict(tool_choice="required"),
        "functions": dict(functions=[{"name": "f", "parameters": {}}]),
        "response_format": dict(response_format={"type": "json_object"}),
        "logprobs": dict(logprobs=True),
        "top_logprobs": dict(top_logprobs=3),
        "n": dict(n=2),
        "stop": dict(stop=["\n"]),
        "logit_bias": dict(logit_bias={"50256": -100}),
        "audio": dict(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}),
        "web_search_options": dict(web_search_options={}),
    }
    with client() as one:
        for name, more in asked.items():
            for stream in (False, True):
                create = lambda: one.chat.completions.create(model="chat", messages=HI, stream=stream, **more)
                say(f"refused: {name}, {stream}", **error_of(create))
        shape = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
        parse = lambda: one.chat.completions.parse(model="chat", messages=HI, response_format=shape)
        say("refused: parse", **error_of(parse))
        for name, call in {
            "responses": lambda: one.responses.create(model="chat", input="hi"),
            "embeddings": lambda: one.embeddings.create(model="chat", input="hi"),
            "completions": lambda: one.completions.create(model="chat", prompt="hi"),
            "images": lambda: one.images.generate(model="chat", prompt="hi"),
            "files": lambda: one.files.create(file=b"x", purpose="assistants"),
            "moderations": lambda: one.moderations.create(input="hi"),
        }.items():
            say(f"unserved: {name}", **error_of(call))


def failures():
    def create(one, model="chat", **more):
        return lambda: one.chat.completions.create(model=model, messages=HI, **more)

    with client() as one:
        say("error: model", **error_of(create(one, "nope")))
        say("error: models", **error_of(lambda: one.models.retrieve("nope")))
        say("error: empty", **error_of(lambda: one.chat.completions.create(model="chat", messages=[])))
        say("error: role", **error_of(lambda: one.chat.completions.create(model="chat", messages=[{"role": "tool", "content": "x", "tool_call_id": "1"}])))
        for stream in (False, True):
            say(f"error: busy, {stream}", **error_of(create(one, "busy", stream=stream)))
            say(f"error: down, {stream}", **error_of(create(one, "down", stream=stream)))
        say("error: within", **error_of(lambda: joined(one.chat.completions.create(model="breaks", messages=HI, stream=True))))
        say("error: timeout", **error_of(create(one, "hangs", timeout=0.5)))
        say("error: silence", **error_of(create(one, "silent", stream=True, timeout=0.5)))
    with client(api_key="wrong") as one:
        say("error: key", **error_of(create(one)))
    with client(base_url="http://127.0.0.1:1/v1") as one:
        say("error: nobody", **error_of(create(one)))
    with client(max_retries=2) as one:
        say("retried", text=create(one, "recovers")().choices[0].message.content)


def pictures():
    def asked(url, model="eye"):
        picture = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
        content = [{"type": "text", "text": "What is it?"}, picture]
        return lambda: one.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])

    with client() as one:
        say("picture", text=asked(PICTURE)().choices[0].message.content)
        say("picture by address", **error_of(asked("http://127.0.0.1:1/a.png")))
        part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
        with_file = lambda: one.chat.completions.create(model="eye", messages=[{"role": "user", "content": [part]}])
        say("a file", **error_of(with_file))


async def at_once():
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY, max_retries=0) as one:
        create = one.chat.completions.create
        answers = await asyncio.gather(*(create(model="chat", messages=HI) for _ in range(8)))
        say("async", texts=[answer.choices[0].message.content for answer in answers])
        stream = await create(model="chat", messages=HI, stream=True)
        say("async stream", text=joined([chunk async for chunk in stream]))
        task = asyncio.create_task(create(model="hangs", messages=HI))
        await asyncio.sleep(0.3)
        task.cancel()
        say("async cancelled", cancelled=isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError))


def left():
    with client() as one:
        stream = one.chat.completions.create(model="hangs", messages=HI, stream=True)
        heard = joined([next(stream)])
        stream.close()
        say("left", text=heard)


for step in (plain, sampled, refused, failures, pictures, left):
    step()
asyncio.run(at_once())
say("end")
