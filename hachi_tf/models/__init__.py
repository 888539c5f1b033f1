"""Networks: from the events so far to the parameters of the next event's distribution."""

from typing import Any

from hachi_tf.errors import UserError


def network_class(name: str) -> type:
    """The class of a network by its name in `--network`.

    Raises:
        UserError: for a name that no network has.
    """
    from hachi_tf.models.prediction_network import PredictionNetwork
    from hachi_tf.models.synthesis_network import SynthesisNetwork

    networks = {each.kind: each for each in (PredictionNetwork, SynthesisNetwork)}
    if name not in networks:
        raise UserError(f"a network of {', '.join(networks)}", repr(name))
    return networks[name]


def network_to_dict(network: Any) -> dict[str, Any]:
    """The network's kind and configuration, for JSON."""
    return {"network": network.kind, "config": network.get_config()}


def network_from_dict(value: dict[str, Any]) -> Any:
    """A new network, with new weights, from what `network_to_dict` returned.

    Raises:
        UserError: if the dictionary is not one that `network_to_dict` wrote.
    """
    try:
        return network_class(value["network"]).from_config(value["config"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError("a network configuration as hachi_tf writes it", str(error)) from error
