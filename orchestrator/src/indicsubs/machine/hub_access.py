"""The network, the token and the access to gated models, checked before anything is fetched."""

from collections.abc import Sequence

from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from indicsubs.machine.profiles import MODELS
from indicsubs_contract.errors import FailureCode, IndicsubsError

_LOGIN = "log in with `venv/orchestrator/bin/hf auth login`, or set HF_TOKEN"


def check_access(gated: Sequence[str]) -> None:
    """Checks that the hub would give these models to this user, without fetching any.

    Args:
        gated: Names of gated models of the table.

    Raises:
        IndicsubsError: ``UNREACHABLE`` where there is no network; ``MISSING_MODEL`` where the token
            is missing or the hub refuses models (the message names them all).
    """
    has_token = get_token() is not None
    refused: list[str] = []
    for repository in dict.fromkeys(MODELS[name].made_from or name for name in gated):
        try:
            HfApi().auth_check(repository)
        except (HfHubHTTPError, OSError) as error:
            if not _is_refusal(error):
                raise no_network(repository, error, needs_token=not has_token) from error
            refused.append(repository)
    if not refused:
        return
    first = "The hub refused" if has_token else "There is no token, and one is needed for"
    raise IndicsubsError(
        FailureCode.MISSING_MODEL,
        f"{first} {', '.join(refused)}. Ask for access on the page of each"
        f" ({constants.ENDPOINT}/NAME), then {_LOGIN}. Nothing was fetched yet.",
    )


def fetch_error(name: str, error: OSError) -> IndicsubsError:
    """Returns the error for a download that failed: no network, a refusal, or a full disk."""
    if _is_refusal(error):
        return IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The hub refused {name}: {error}. If the model is gated, ask for access on its page,"
            f" then {_LOGIN}.",
        )
    if error.errno is not None and not isinstance(error, HfHubHTTPError):
        return IndicsubsError(
            FailureCode.IO_ERROR,
            f"{name} cannot be saved in {constants.HF_HUB_CACHE}: {error.strerror}. Make room or"
            " set HF_HOME to another folder, then run the same command: it goes on where it"
            " stopped.",
        )
    return no_network(name, error)


def no_network(name: str, error: Exception, *, needs_token: bool = False) -> IndicsubsError:
    """Returns the error for a hub that does not answer."""
    if constants.HF_HUB_OFFLINE:
        cause = "HF_HUB_OFFLINE is set, so nothing is fetched"
    else:
        cause = f"There is no network, or the model hub cannot be reached ({type(error).__name__})"
    token = f" It also needs a token, which is missing: {_LOGIN}." if needs_token else ""
    return IndicsubsError(
        FailureCode.UNREACHABLE,
        f"{cause}; {name} was not fetched. Check the network, then run the same command: it goes on"
        f" where it stopped. Or copy the model's folder to this machine and give its path.{token}",
    )


def _is_refusal(error: OSError) -> bool:
    """Returns whether the hub answered; an offline hub is a LocalEntryNotFoundError."""
    return isinstance(error, HfHubHTTPError) and not isinstance(error, LocalEntryNotFoundError)
