"""Bad input and bad circumstances at the command line: does each end in one clear sentence, or in the right numbers?

A row of the table says what is typed, what was done to the folder before, and what must come out; `case` carries it out.
"""

from tests.systems.bad_input.case import Case
from tests.systems.bad_input.commands import COMMANDS
from tests.systems.bad_input.configs import CONFIGS
from tests.systems.bad_input.places import COLLECTED, PLACES
from tests.systems.bad_input.processes import CLOCKS, PROCESSES
from tests.systems.bad_input.realizations import ARTIFACTS, REALIZATIONS
from tests.systems.bad_input.servers import SERVERS
from tests.systems.bad_input.stores import STORES
from tests.systems.bad_input.words import WORDS

__all__ = ["CASES"]

FILES = (*REALIZATIONS, *ARTIFACTS, *STORES)
WORLD = (*PROCESSES, *CLOCKS, *PLACES, *SERVERS, *COLLECTED)
CASES: tuple[Case, ...] = (*WORDS, *CONFIGS, *COMMANDS, *FILES, *WORLD)
