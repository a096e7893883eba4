"""A local Pinpoint in a process of its own: requests and answers go through pipes.

Whoever sends many batches reads and checks files meanwhile, and Python does one thing at a time
in a process: with two, both of two cores work.
"""
