"""Programs of others on the account of a Heddle bus, each with a connection as nameless as those of Heddle's own actors.

    python innocents.py <kind> <url>
"""

import asyncio
import sys

import nats
import nats.micro


async def publisher(client) -> None:
    while True:
        await client.publish("shop.order", b"{}")
        await asyncio.sleep(0.05)


async def subscriber(client) -> None:
    await client.subscribe("shop.order")
    await asyncio.Event().wait()


async def watcher(client) -> None:
    """`nats sub` on the tasks."""
    await client.subscribe("heddle.tasks.>")
    await asyncio.Event().wait()


async def waiter(client) -> None:
    """Sent a goal and waits for its answer."""
    await client.subscribe("heddle.results.0192f0c4-0000-4000-8000-000000000000")
    await asyncio.Event().wait()


async def service(client) -> None:
    async def answer(message) -> None:
        await message.respond(b"{}")

    await client.subscribe("shop.price", queue="prices", cb=answer)
    await asyncio.Event().wait()


async def consumer(client) -> None:
    """Pulls from a stream of its own."""
    stream = client.jetstream()
    await stream.add_stream(name="ORDERS", subjects=["shop.order"])
    pull = await stream.pull_subscribe("shop.order", "orders")
    while True:
        try:
            for message in await pull.fetch(10, timeout=0.5):
                await message.ack()
        except nats.errors.TimeoutError:
            pass


async def bucket(client) -> None:
    """Watches a bucket of its own."""
    store = await client.jetstream().create_key_value(bucket="settings")
    watcher = await store.watchall()
    while True:
        try:
            await watcher.updates(timeout=1)
        except nats.errors.TimeoutError:
            pass


async def micro(client) -> None:
    """A service of the micro framework."""

    async def answer(request) -> None:
        await request.respond(b"{}")

    service = await nats.micro.add_service(client, name="prices", version="1.0.0")
    await service.add_endpoint(name="get", subject="prices.get", handler=answer)
    await asyncio.Event().wait()


async def monitor(client) -> None:
    """Hears everything."""
    await client.subscribe(">")
    await asyncio.Event().wait()


async def main(kind: str, url: str) -> None:
    client = await nats.connect(url)
    await client.flush()
    print("ready", flush=True)
    await globals()[kind](client)


asyncio.run(main(*sys.argv[1:3]))
