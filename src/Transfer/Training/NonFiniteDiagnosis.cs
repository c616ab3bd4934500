using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Finds where a number that is not finite came up: in which step, in which layer first, with which examples.</summary>
internal static class NonFiniteDiagnosis
{
    private const int MostNames = 5;

    /// <summary>What is known of a step that failed; its forward is run once more, with each layer's output looked at.</summary>
    /// <param name="found">What failed it.</param>
    /// <param name="context">The training, as it was before the step.</param>
    /// <param name="batch">The step's batch.</param>
    /// <param name="gradients">The step's gradients, where there are any.</param>
    public static NonFiniteException Of(NonFiniteException found, TrainingContext context, ITrainingBatch batch, Gradients gradients)
    {
        int step = context.Step + 1;
        var trainer = context.Trainer;
        var (module, problem) = InForward(trainer, batch) ?? (found.What == NonFiniteException.Loss
            ? (null, "every layer's output is finite, so it is the loss itself") : InGradients(gradients, trainer.Groups));
        string where = string.Create(CultureInfo.InvariantCulture, $" in step {step} (epoch {context.Epoch}, batch {context.StepInEpoch + 1})");
        string examples = batch.ExampleNames is { Count: > 0 } names
            ? $"; the batch has {string.Join(", ", names.Take(MostNames).Select(Messages.Printable.Whole))}{(names.Count > MostNames ? $" and {names.Count - MostNames} more" : "")}" : "";
        return new NonFiniteException(found.What, found.Value, $"{where}: {problem}{examples}", found)
        {
            Step = step,
            Epoch = context.Epoch,
            Module = module,
            Examples = [.. batch.ExampleNames],
        };
    }

    private static (string? Module, string Problem)? InForward(Trainer trainer, ITrainingBatch batch)
    {
        Module? first = null;
        using var pass = trainer.BeginPass();
        pass.LayerWatch = (layer, output) =>
        {
            if (first is null && layer is Module module && !IsFinite(output.Value)) first = module;
        };
        _ = batch.Loss(pass);
        pass.DiscardDeferred();
        if (first is null) return null;
        string name = first.Key.Length == 0 ? "the model" : $"'{Messages.Printable.Text(first.Key)}'";
        return first.Parameters().Concat(first.Buffers()).FirstOrDefault(static tensor => !IsFinite(tensor.Value)) is { } broken
            ? (first.Key, $"the first output that is not finite is that of {name}, whose '{Messages.Printable.Text(broken.Name)}' is not either since an earlier step")
            : (first.Key, $"the first output that is not finite is that of {name}");
    }

    /// <summary>The gradient nearest to the loss: backward came to it first.</summary>
    private static (string? Module, string Problem) InGradients(Gradients gradients, ParameterGroups groups)
    {
        foreach (var (_, parameter) in groups.Named().Reverse())
            if (gradients.Of(parameter) is { } gradient && !IsFinite(gradient))
                return (parameter.Name, $"the first gradient from the loss down that is not finite is that of '{Messages.Printable.Text(parameter.Name)}'");
        return (null, "every layer's output is finite");
    }

    private static bool IsFinite(Tensor<float> values) => !values.ToArray().AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue);
}
