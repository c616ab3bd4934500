using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>Refuses names of a model's parts that it does not have, before anything is learnt.</summary>
internal static class StageNames
{
    /// <exception cref="WrongInputException"><c>--freeze-below</c> or <c>--freeze</c> names something that the model does not have.</exception>
    public static void Require(Model model, FineTuneOptions recipe)
    {
        string[] names = [.. model.Stages.Select(static known => known.Name)];
        if (recipe.FreezeBelow is { } stage && !names.Contains(stage))
            throw new WrongInputException(
                $"--freeze-below {Printable.Whole(stage)}: {model.Name} has no such stage{NearName.Hint(stage, names)}; "
                + $"from stem to head it has {string.Join(", ", names)}");
        if (recipe.Freeze is not { } parts) return;
        try
        {
            _ = model.ParametersOf(parts);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--freeze {Printable.Whole(parts)}: {Shell.Line(exception.Message)}");
        }
    }
}
