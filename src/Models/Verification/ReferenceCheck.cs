using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Compares a folder's model with what another library computed from the same weights and inputs: a file of <c>input.*</c>,
/// <c>output.*</c>, <c>loss</c> and <c>grad.*</c>, made without dropout and with the stored statistics of batch norms. A model without a loss
/// is given <c>loss_weight.*</c>: its loss is the sum of each output times its weight, divided by the batch. Of a training pass a reference may
/// have <c>train.*</c>: outputs, <c>train.loss</c>, <c>train.grad.*</c>, and <c>train.buffer.*</c> as they are afterwards.</summary>
public sealed class ReferenceCheck
{
    private const string OutputPrefix = "output.";
    private const string TrainPrefix = "train.";
    private const string GradientPrefix = "grad.";
    private const string BufferPrefix = TrainPrefix + "buffer.";
    private const string LossKey = "loss";
    private const string LossWeightPrefix = "loss_weight.";

    private readonly ReferenceFile file;
    private readonly ReferenceSubject subject;
    private readonly LoadReport weights;
    private readonly IReadOnlyList<ReferenceState> states;
    private readonly Func<string, string> nameOf;
    private readonly Dictionary<string, KindComparison> kinds = new(StringComparer.Ordinal);

    private ReferenceCheck(
        ReferenceFile file, ReferenceSubject subject, LoadReport weights, IReadOnlyList<ReferenceState>? states = null, Func<string, string>? nameOf = null)
    {
        (this.file, this.subject, this.weights) = (file, subject, weights);
        (this.states, this.nameOf) = (states ?? [], nameOf ?? (static name => name));
    }

    private Model Model => subject.Model;

    /// <summary>Runs the folder's model on the reference's inputs, forward and (where there are gradients) backward.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="referencePath">What the other library computed.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="CheckpointException">The folder or the reference is not understood.</exception>
    public static ReferenceReport Run(string folder, string referencePath, Device device, LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        using var reference = Checkpoint.Open(referencePath);
        var file = new ReferenceFile(reference);
        var (subject, weights) = Open(folder, file, options);
        return new ReferenceCheck(file, subject, weights).Run(device);
    }

    /// <summary>Runs an image model that is loaded already, such as an imported graph.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">What was loaded into it.</param>
    /// <param name="referencePath">What the other library computed.</param>
    /// <param name="device">Where to run.</param>
    /// <exception cref="CheckpointException">The reference is not understood.</exception>
    public static ReferenceReport Run(ImageModel model, LoadReport weights, string referencePath, Device device)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        using var reference = Checkpoint.Open(referencePath);
        var file = new ReferenceFile(reference);
        return new ReferenceCheck(file, new ImageReference(model, file), weights).Run(device);
    }

    /// <summary>Runs a model that is loaded already and that can be in several states, such as one with adapters: what the reference has of a state
    /// NAME is <c>output.NAME.*</c>, <c>NAME.loss</c> and <c>NAME.KEY</c> for parameters.</summary>
    /// <param name="model">The model, a text or an image model.</param>
    /// <param name="weights">What was loaded into it.</param>
    /// <param name="referencePath">What the other library computed.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="states">The states, in order, after the one that it is in.</param>
    /// <param name="nameOf">The model's key for a parameter whose gradient the reference names.</param>
    /// <exception cref="ArgumentException">The model is of another kind.</exception>
    /// <exception cref="CheckpointException">The reference is not understood.</exception>
    public static ReferenceReport Run(
        Model model, LoadReport weights, string referencePath, Device device, IReadOnlyList<ReferenceState> states, Func<string, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(nameOf);
        using var reference = Checkpoint.Open(referencePath);
        var file = new ReferenceFile(reference);
        ReferenceSubject subject = model switch
        {
            TextModel text => new TextReference(text, file),
            ImageModel image => new ImageReference(image, file),
            _ => throw new ArgumentException("a model of texts or of pictures is needed", nameof(model)),
        };
        return new ReferenceCheck(file, subject, weights, states, nameOf).Run(device);
    }

    /// <summary>A folder's model, by what it is of.</summary>
    private static (ReferenceSubject Subject, LoadReport Weights) Open(string folder, ReferenceFile file, LoadOptions? options)
    {
        var config = HubConfig.Read(folder);
        if (PretrainedImageModel.Knows(config))
        {
            var (image, ofImage) = PretrainedImageModel.Open(folder, options, withoutDropout: true);
            return (new ImageReference(image, file), ofImage);
        }
        if (PretrainedSpeechModel.Knows(config))
        {
            var (sounds, ofSounds) = PretrainedSpeechModel.Open(folder, options, withoutDropout: true);
            return (new SpeechReference(sounds, file), ofSounds);
        }
        var (text, ofText) = PretrainedModel.Open(folder, options ?? new LoadOptions(), withoutDropout: true);
        return (new TextReference(text, file), ofText);
    }

    private ReferenceReport Run(Device device)
    {
        var norms = Model.Descendants().OfType<BatchNorm2d>().ToList();
        foreach (var norm in norms) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;
        using (var pass = Pass.Train(device))
        {
            Forward(pass);
            foreach (var tensor in file.Under(OutputPrefix).Where(IsOfNoState)) CompareOutput(tensor, OutputPrefix, "");
            Learn(pass, "");
        }
        if (file.Under(TrainPrefix).Any())
        {
            foreach (var norm in norms) norm.Policy = BatchNormPolicy.AlwaysBatchStatistics;
            using (var pass = Pass.Train(device))
            {
                Forward(pass);
                foreach (var tensor in file.Under(TrainPrefix))
                    if (tensor.Key.IndexOf('.', TrainPrefix.Length) < 0 && tensor.Key != TrainPrefix + LossKey) CompareOutput(tensor, TrainPrefix, TrainPrefix);
                Learn(pass, TrainPrefix);
            }
            // the end of the pass has moved the running statistics
            CompareBuffers();
        }
        foreach (var state in states) Compare(state, device);
        if (kinds.Count == 0) throw file.Fail("has no 'output.*', 'loss' or 'grad.*' to compare with");
        return new ReferenceReport(Model.Name, weights, [.. kinds.Values.Select(kind => kind.Result())]);
    }

    private bool IsOfNoState(StoredTensor output) =>
        !states.Any(state => output.Key.StartsWith($"{OutputPrefix}{state.Name}.", StringComparison.Ordinal));

    /// <summary>Compares what the model computes and holds in another state.</summary>
    private void Compare(ReferenceState state, Device device)
    {
        string of = state.Name + ".";
        state.Enter();
        using var pass = Pass.Infer(device);
        Forward(pass);
        foreach (var tensor in file.Under(OutputPrefix + of)) CompareOutput(tensor, OutputPrefix + of, of);
        if (file.Find(of + LossKey) is { } expected) Compare(of + LossKey, expected, Loss().Value);
        var parameters = Model.Parameters().ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (var tensor in file.Under(of).Where(tensor => tensor.Key != of + LossKey))
            Compare(of + "weights", tensor, parameters.TryGetValue(tensor.Key[of.Length..], out var parameter) ? parameter.Value
                : throw file.Fail($"has '{Printable.Text(tensor.Key)}' of a parameter that {Model.Name} does not have"));
    }

    private void Forward(Pass pass)
    {
        try
        {
            subject.Forward(pass);
        }
        catch (ArgumentException exception)
        {
            throw file.Fail($"its inputs do not fit {Model.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>Compares the loss and the gradients.</summary>
    private void Learn(Pass pass, string prefix)
    {
        string gradientPrefix = prefix + GradientPrefix;
        var gradients = file.Under(gradientPrefix).ToList();
        if (file.Find(prefix + LossKey) is not { } expected)
        {
            if (gradients.Count > 0) throw file.Fail($"has gradients and no '{prefix}{LossKey}' that they could be of");
            return;
        }
        var loss = Loss();
        Compare(prefix + LossKey, expected, loss.Value);
        if (gradients.Count > 0) CompareGradients(pass.Backward(loss), gradients, gradientPrefix, prefix + KindDifference.Gradients);
    }

    private Variable Loss()
    {
        var weights = file.Under(LossWeightPrefix).ToList();
        try
        {
            return weights.Count == 0 ? subject.Loss() : weights.Select(Weighted).Aggregate((sum, more) => sum + more) * (1f / subject.Examples);
        }
        catch (ArgumentException exception)
        {
            throw file.Fail($"its targets do not fit {Model.Name}: {exception.Message}", exception);
        }

        Variable Weighted(StoredTensor weight)
        {
            var output = Output(weight.Key[LossWeightPrefix.Length..], weight);
            if (weight.Shape != output.Shape) throw file.Fail($"tensor '{Printable.Text(weight.Key)}' is {weight.Shape}, the output is {output.Shape}");
            var factors = output.Pass.Rent(weight.Shape);
            factors.CopyFrom(weight.ToSingleArray());
            return (output * output.Pass.Constant(factors)).Sum();
        }
    }

    private void CompareOutput(StoredTensor expected, string prefix, string kindPrefix)
    {
        string name = expected.Key[prefix.Length..];
        Compare(kindPrefix + name.Split('.')[0], expected, Output(name, expected).Value);
    }

    private void CompareGradients(Gradients gradients, List<StoredTensor> expected, string prefix, string kind)
    {
        var parameters = Model.Parameters().ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (var tensor in expected)
        {
            string name = nameOf(tensor.Key[prefix.Length..]);
            if (!parameters.TryGetValue(name, out var parameter)) throw file.Fail($"has the gradient of '{Printable.Text(name)}', a parameter that {Model.Name} does not have");
            if (gradients.Of(parameter) is { } gradient) Compare(kind, tensor, gradient);
            // no part in the loss is a gradient of zero
            else Compare(kind, tensor, new float[parameter.Shape.ElementCount], parameter.Shape);
        }
    }

    private void CompareBuffers()
    {
        var buffers = Model.Buffers().ToDictionary(buffer => buffer.Name, StringComparer.Ordinal);
        var counters = Model.Counters().ToDictionary(counter => counter.Name, StringComparer.Ordinal);
        foreach (var tensor in file.Under(BufferPrefix))
        {
            string name = tensor.Key[BufferPrefix.Length..];
            if (buffers.TryGetValue(name, out var buffer)) Compare(TrainPrefix + "buffers", tensor, buffer.Value);
            else if (counters.TryGetValue(name, out var counter)) Compare(TrainPrefix + "counters", tensor, [counter.Value], []);
            else throw file.Fail($"has the buffer '{Printable.Text(name)}', which {Model.Name} does not have");
        }
    }

    private void Compare(string kind, StoredTensor expected, Tensor<float> actual) => Compare(kind, expected, actual.ToArray(), actual.Shape);

    private void Compare(string kind, StoredTensor expected, float[] actual, Shape shape)
    {
        if (expected.Shape != shape) throw file.Fail($"tensor '{Printable.Text(expected.Key)}' is {expected.Shape}, the model's is {shape}");
        if (!kinds.TryGetValue(kind, out var comparison)) kinds.Add(kind, comparison = new KindComparison(kind));
        comparison.Add(expected.Key, actual, kind.EndsWith("counters", StringComparison.Ordinal) ? [expected.ToInt64Array()[0]] : expected.ToSingleArray());
    }

    private Variable Output(string name, StoredTensor expected) =>
        subject.Output(name, expected.Shape.Rank) ?? throw file.Fail($"has the output '{Printable.Text(name)}', which {Model.Name} does not give");
}
