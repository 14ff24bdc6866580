"""Why a command of the memory tool was not carried out."""


class ToolProblem(Exception):
    """The words are for the model, which may try something else."""
