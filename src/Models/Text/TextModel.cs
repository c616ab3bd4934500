using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An architecture that reads token ids. <see cref="PretrainedModel.Open(string, bool)"/> makes the one that a hub's folder names.</summary>
public abstract class TextModel : Model
{
    /// <summary>Makes a model without parts.</summary>
    /// <param name="name">The class that Hugging Face's configs name.</param>
    protected TextModel(string name) : base(name)
    {
    }

    /// <summary>What the model makes of a batch, under the names that Hugging Face gives its outputs.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="batch">B sequences of T tokens.</param>
    /// <param name="trace">Records intermediate results; null for none.</param>
    /// <returns>Variables of the pass, by name.</returns>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public TextOutputs Forward(Pass pass, TextBatch batch, ForwardTrace? trace = null)
    {
        Require(batch);
        if (trace is not null) trace.Counts = batch.AttentionMask;
        using var reading = pass.ReadWeights(Weights);
        return Compute(TextInputs.Of(pass, batch), trace);
    }

    /// <summary>Of a batch that is on the pass's device already: inputs of a capture or an export.</summary>
    /// <param name="inputs">Not checked: the model's tables need a row for each id (<see cref="Require"/>).</param>
    /// <returns>Variables of the pass, by name.</returns>
    public TextOutputs Forward(TextInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using var reading = inputs.Pass.ReadWeights(Weights);
        return Compute(inputs, trace: null);
    }

    /// <summary>Records the forward pass of batches like this one, to be run again and again without allocating. What the example leaves
    /// out (types, a mask, positions) the batches of its runs have to leave out too.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="example">Its values do not matter, but for masked tokens between others.</param>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public CapturedText Capture(Device device, TextBatch example) => new(this, device, example);

    /// <summary>Checks that the model's tables have a row for every id of a batch.</summary>
    /// <exception cref="ArgumentException">A token, type or position is outside the model's tables.</exception>
    public abstract void Require(TextBatch batch);

    /// <summary>The loss [] that Hugging Face's class of the same name defines.</summary>
    /// <param name="outputs">What <see cref="Forward(Pass, TextBatch, ForwardTrace?)"/> gave.</param>
    /// <param name="targets">What it should have been.</param>
    /// <exception cref="ArgumentException">The targets are not those that this head learns from.</exception>
    public abstract Variable Loss(TextOutputs outputs, TextTargets targets);

    /// <summary>What the model makes of a batch that is where the pass computes; called by Forward and when a pass is recorded.</summary>
    protected abstract TextOutputs Compute(TextInputs inputs, ForwardTrace? trace);
}

/// <summary>A model's outputs by name: <c>logits</c>, <c>last_hidden_state</c> ...</summary>
/// <param name="outputs">Each output with its name.</param>
public sealed class TextOutputs(params (string Name, Variable Value)[] outputs)
{
    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => outputs.Select(output => output.Name);

    /// <summary>An output.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Variable this[string name]
    {
        get
        {
            foreach (var output in outputs)
                if (output.Name == name) return output.Value;
            throw new KeyNotFoundException($"there is no output '{name}'; there are {string.Join(", ", Names)}");
        }
    }
}

/// <summary>What a head learns from; each uses its own part.</summary>
public sealed record TextTargets
{
    /// <summary>The label of tokens left out of the loss (<c>ignore_index</c>).</summary>
    public const int Ignored = -100;

    /// <summary>Class numbers: [B] of sequences, [B, T] of tokens.</summary>
    public int[]? Labels { get; init; }

    /// <summary>Numbers to predict [B, L]: a regression's values, or 0 and 1 for each of L labels that may hold together.</summary>
    public float[]? Values { get; init; }

    /// <summary>Where each answer begins [B].</summary>
    public int[]? StartPositions { get; init; }

    /// <summary>The last token of each answer [B].</summary>
    public int[]? EndPositions { get; init; }
}

/// <summary>Intermediate results: slower and larger than a plain run, and the same values.</summary>
public sealed class ForwardTrace
{
    /// <summary>[B, T], 0 for padding; null without padding.</summary>
    internal int[]? Counts { get; set; }

    /// <summary>After the embeddings and after each layer [B, T, D].</summary>
    public IReadOnlyList<Variable> HiddenStates => States;

    /// <summary>Each layer's attention probabilities [B, H, T, T]; nothing learns through them.</summary>
    public IReadOnlyList<Variable> Attentions => Probabilities;

    internal List<Variable> States { get; } = [];

    internal List<Variable> Probabilities { get; } = [];
}
