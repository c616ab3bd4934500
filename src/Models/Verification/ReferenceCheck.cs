using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Compares a folder's model with what another library computed from the same weights and inputs: a file of <c>input.*</c>,
/// <c>output.*</c>, <c>loss</c> and <c>grad.*</c>, made without dropout. A model without a loss is given
/// <c>loss_weight.*</c>: its loss is the sum of each output times its weight, divided by the batch.</summary>
public sealed class ReferenceCheck
{
    private const string InputPrefix = "input.";
    private const string OutputPrefix = "output.";
    private const string GradientPrefix = "grad.";
    private const string LossKey = "loss";
    private const string LossWeightPrefix = "loss_weight.";

    private readonly Checkpoint reference;
    private readonly TextModel model;
    private readonly ForwardTrace trace = new();
    private readonly Dictionary<string, KindComparison> kinds = new(StringComparer.Ordinal);

    private readonly LoadReport weights;

    private ReferenceCheck(Checkpoint reference, TextModel model, LoadReport weights) =>
        (this.reference, this.model, this.weights) = (reference, model, weights);

    /// <summary>Runs the folder's model on the reference's inputs, forward and (where there are gradients) backward.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="referencePath">What the other library computed.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="CheckpointException">The folder or the reference is not understood.</exception>
    public static ReferenceReport Run(string folder, string referencePath, Device device, LoadOptions? options = null)
    {
        var (model, weights) = PretrainedModel.Open(folder, options ?? new LoadOptions(), withoutDropout: true);
        using var reference = Checkpoint.Open(referencePath);
        return new ReferenceCheck(reference, model, weights).Run(device);
    }

    private ReferenceReport Run(Device device)
    {
        var batch = Batch();
        using var pass = Pass.Train(device);
        TextOutputs outputs;
        try
        {
            outputs = model.Forward(pass, batch, trace);
        }
        catch (ArgumentException exception)
        {
            throw Fail($"its inputs do not fit {model.Name}: {exception.Message}", exception);
        }
        foreach (var tensor in Under(OutputPrefix))
        {
            string name = tensor.Key[OutputPrefix.Length..];
            Compare(name.Split('.')[0], tensor, Output(outputs, name).Value);
        }
        var gradients = Under(GradientPrefix).ToList();
        if (reference.TryGet(LossKey, out var expected))
        {
            var loss = Loss(outputs, batch);
            Compare(LossKey, expected, loss.Value);
            if (gradients.Count > 0) CompareGradients(pass.Backward(loss), gradients);
        }
        else if (gradients.Count > 0)
        {
            throw Fail("has gradients and no 'loss' that they could be of");
        }
        if (kinds.Count == 0) throw Fail("has no 'output.*', 'loss' or 'grad.*' to compare with");
        return new ReferenceReport(model.Name, weights, [.. kinds.Values.Select(kind => kind.Result())]);
    }

    private void CompareGradients(Gradients gradients, List<StoredTensor> expected)
    {
        var parameters = model.Parameters().ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (var tensor in expected)
        {
            string name = tensor.Key[GradientPrefix.Length..];
            if (!parameters.TryGetValue(name, out var parameter)) throw Fail($"has the gradient of '{Printable.Text(name)}', a parameter that {model.Name} does not have");
            if (gradients.Of(parameter) is { } gradient) Compare(KindDifference.Gradients, tensor, gradient);
            // no part in the loss is a gradient of zero
            else Compare(KindDifference.Gradients, tensor, new float[parameter.Shape.ElementCount], parameter.Shape);
        }
    }

    private void Compare(string kind, StoredTensor expected, Tensor<float> actual) => Compare(kind, expected, actual.ToArray(), actual.Shape);

    private void Compare(string kind, StoredTensor expected, float[] actual, Shape shape)
    {
        if (expected.Shape != shape) throw Fail($"tensor '{Printable.Text(expected.Key)}' is {expected.Shape}, the model's is {shape}");
        if (!kinds.TryGetValue(kind, out var comparison)) kinds.Add(kind, comparison = new KindComparison(kind));
        comparison.Add(expected.Key, actual, expected.ToSingleArray());
    }

    /// <summary>An output by its name in the reference: one of the model's, or <c>hidden_states.2</c>, <c>attentions.0</c>.</summary>
    private Variable Output(TextOutputs outputs, string name)
    {
        if (outputs.Names.Contains(name)) return outputs[name];
        string[] parts = name.Split('.');
        var list = parts[0] switch { "hidden_states" => trace.HiddenStates, "attentions" => trace.Attentions, _ => null };
        return list is not null && parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at < list.Count
            ? list[at]
            : throw Fail($"has the output '{Printable.Text(name)}', which {model.Name} does not give");
    }

    private Variable Loss(TextOutputs outputs, TextBatch batch)
    {
        var weights = Under(LossWeightPrefix).ToList();
        try
        {
            return weights.Count == 0 ? model.Loss(outputs, Targets()) : weights.Select(Weighted).Aggregate((sum, more) => sum + more) * (1f / batch.Sequences);
        }
        catch (ArgumentException exception)
        {
            throw Fail($"its targets do not fit {model.Name}: {exception.Message}", exception);
        }

        Variable Weighted(StoredTensor weight)
        {
            var output = Output(outputs, weight.Key[LossWeightPrefix.Length..]);
            if (weight.Shape != output.Shape) throw Fail($"tensor '{Printable.Text(weight.Key)}' is {weight.Shape}, the output is {output.Shape}");
            var factors = output.Pass.Rent(weight.Shape);
            factors.CopyFrom(weight.ToSingleArray());
            return (output * output.Pass.Constant(factors)).Sum();
        }
    }

    private TextBatch Batch()
    {
        foreach (var tensor in Under(InputPrefix))
        {
            string name = tensor.Key[InputPrefix.Length..];
            if (name is not ("input_ids" or "attention_mask" or "token_type_ids" or "position_ids" or "labels" or "start_positions" or "end_positions"))
                throw Fail($"has the input '{Printable.Text(name)}', which {model.Name} does not take");
        }
        if (!reference.TryGet(InputPrefix + "input_ids", out var ids)) throw Fail("has no 'input.input_ids'");
        if (ids.Shape.Rank != 2) throw Fail($"tensor 'input.input_ids' is {ids.Shape}, not [sequences, tokens]");
        try
        {
            return new TextBatch(
                ids.Shape[0], ids.Shape[1], Integers("input_ids")!, Integers("token_type_ids"), Integers("attention_mask"), Integers("position_ids"));
        }
        catch (ArgumentException exception)
        {
            throw Fail($"its inputs are no batch: {exception.Message}", exception);
        }
    }

    private TextTargets Targets()
    {
        bool areValues = reference.TryGet(InputPrefix + "labels", out var labels)
            && labels.ElementType is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64;
        return new TextTargets
        {
            Labels = areValues ? null : Integers("labels"),
            Values = areValues ? labels!.ToSingleArray() : null,
            StartPositions = Integers("start_positions"),
            EndPositions = Integers("end_positions"),
        };
    }

    private int[]? Integers(string name)
    {
        if (!reference.TryGet(InputPrefix + name, out var tensor)) return null;
        return Array.ConvertAll(
            tensor.ToInt64Array(),
            value => value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail($"tensor 'input.{name}' has the number {value}, which is no id"));
    }

    private IEnumerable<StoredTensor> Under(string prefix) => reference.Tensors.Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal));

    private CheckpointException Fail(string problem, Exception? cause = null) => new(reference.Path, problem, cause);
}
