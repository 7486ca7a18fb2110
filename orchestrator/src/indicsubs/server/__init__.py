"""The server: other programs and a browser ask over HTTP for subtitles, and one queue makes them.

The handlers run in the main thread's event loop. One thread works through the ledger, as
``queue run`` does; another one answers the handlers' questions to the ledger.
"""
