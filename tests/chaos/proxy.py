"""A TCP proxy that loses things: proxy.py SEED LOSS BACKEND..

Of what a server answers, one piece in 1/LOSS never arrives, and the connection ends; of what a client sends, one in twice as
many. Each connection goes to one of the backends. Prints its port when it is ready; ends with its standard input.
"""

import asyncio
import random
import sys


async def main(seed, loss, backends):
    chance = random.Random(seed)

    async def copy(reader, writer, probability):
        while data := await reader.read(1 << 16):
            if chance.random() < probability:
                return
            writer.write(data)
            await writer.drain()

    async def serve(client_reader, client_writer):
        writers = [client_writer]
        copies = []
        try:
            host, port = chance.choice(backends).split(":")
            server_reader, server_writer = await asyncio.open_connection(host, int(port))
            writers.append(server_writer)
            copies = [asyncio.create_task(copy(client_reader, server_writer, loss / 2)),
                      asyncio.create_task(copy(server_reader, client_writer, loss))]
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the server is down
        for task in copies:
            task.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        for writer in writers:
            # At once, so that nothing that was lost arrives late.
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
