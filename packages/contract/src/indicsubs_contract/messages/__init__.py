"""The messages: a request and a result for each stage, and what travels with them.

Each stage has a module of its own, so that a change to one stage's messages changes no other
stage's digest. :mod:`~indicsubs_contract.messages.envelope` joins them.

Rules of evolution: a new field has a default; a field never changes its meaning; a change that
older readers would misread raises ``SCHEMA``. A request contains everything that changes the
output.
"""
