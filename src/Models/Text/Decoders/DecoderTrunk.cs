using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Embeddings, layers in which each token looks back, and a norm.</summary>
/// <remarks>Letters: B sequences, T tokens, D = width.</remarks>
internal abstract class DecoderTrunk : Module
{
    /// <summary>[V, D].</summary>
    public abstract Parameter WordEmbeddings { get; }

    private protected abstract IEnumerable<Module> Embeddings { get; }

    private protected abstract DecoderLayer[] Layers { get; }

    private protected abstract Module Norm { get; }

    /// <summary>The embeddings, each layer, and the last norm with what is given.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> StagesWith(params IEnumerable<Module> head) =>
    [
        ("embeddings", Embeddings),
        .. Layers.Select((layer, number) => (string.Create(CultureInfo.InvariantCulture, $"layer{number}"), (IEnumerable<Module>)[layer])),
        ("head", [Norm, .. head]),
    ];

    /// <summary>Refuses a batch with a token or a position that the model does not know.</summary>
    public virtual void Require(TextBatch batch)
    {
        if (batch.TokenTypes is { } kinds && kinds.AsSpan().ContainsAnyExcept(0))
            throw new ArgumentException("the model knows no token types: leave them out, or all 0");
    }

    /// <summary>The last hidden states [B, T, D]. Without a trace the pass keeps nothing of the way but what backward needs.</summary>
    public Variable Forward(TextInputs inputs, ForwardTrace? trace)
    {
        var x = LayerScope.Run(this, inputs.Pass, (Trunk: this, inputs), static given => given.Trunk.Embed(given.inputs));
        var shape = x.Shape;
        trace?.States.Add(x);
        // the layers see rows: attention alone separates the sequences
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        var given = new AttentionInputs(inputs.Sequences, inputs.Mask.AsCausal(), State: inputs.State, Rotation: Rotation(inputs, shape[1]));
        if (trace is null) return Normalise(LayerScope.Stages<DecoderLayer, AttentionInputs>(Layers, x, given, static (rows, with) => with.Step.Forward(rows, with.Inputs))).Reshape(shape);
        for (int layer = 0; layer < Layers.Length; layer++)
        {
            Layers[layer].Trace(x.Reshape(shape), given, trace);
            x = Layers[layer].Forward(x, given);
            // the last of Hugging Face's hidden states is behind the norm
            if (layer + 1 < Layers.Length) trace.States.Add(x.Reshape(shape));
        }
        var last = Normalise(x).Reshape(shape);
        trace.States.Add(last);
        return last;
    }

    private protected abstract Variable Embed(TextInputs inputs);

    private protected abstract Variable Normalise(Variable x);

    /// <summary>How queries and keys of T tokens are turned; null for not at all.</summary>
    private protected virtual RotaryAngles? Rotation(TextInputs inputs, int length) => null;
}

/// <summary>A layer of a decoder: [B T, D] to [B T, D].</summary>
internal abstract class DecoderLayer : Layer<AttentionInputs>
{
    /// <summary>Notes what attention makes of x [B, T, D].</summary>
    public abstract void Trace(Variable x, AttentionInputs inputs, ForwardTrace trace);
}
