using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Convolutions, a projection, positions by a convolution, and layers.</summary>
/// <remarks>Letters: B sounds, N samples, T frames, C channels, D = width.</remarks>
internal sealed class Wav2Vec2Trunk : Module
{
    private readonly bool normsFirst;
    private readonly HiddenFrame hidden;
    private readonly Wav2Vec2Convolution[] convolutions;
    private readonly LayerNorm projectionNorm;
    private readonly Linear projection;
    private readonly Dropout projectionDropout;
    private readonly NormalisedConv1d positions;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;
    private readonly TransformerLayer[] layers;

    public Wav2Vec2Trunk(Wav2Vec2Config config)
    {
        normsFirst = config.NormsFirst;
        hidden = Add("", new HiddenFrame(config.Width));
        convolutions = [.. config.Channels.Select((_, number) => Add(Numbered("feature_extractor.conv_layers", number), new Wav2Vec2Convolution(config, number)))];
        projectionNorm = Add("feature_projection.layer_norm", config.Norm(config.Channels[^1]));
        projection = Add("feature_projection.projection", config.Linear(config.Channels[^1], config.Width));
        projectionDropout = Add("feature_projection.dropout", new Dropout(config.ProjectionDropout));
        positions = Add("encoder.pos_conv_embed.conv", new NormalisedConv1d(config.Width, config.PositionKernel, config.PositionGroups, config.ConvolutionActivation));
        norm = Add("encoder.layer_norm", config.Norm(config.Width));
        dropout = Add("encoder.dropout", new Dropout(config.HiddenDropout));
        layers = [.. Enumerable.Range(0, config.Layers).Select(number => Add(Numbered("encoder.layers", number), new TransformerLayer(config.Layer(), isDecoder: false)))];

        static string Numbered(string key, int number) => string.Create(CultureInfo.InvariantCulture, $"{key}.{number}");
    }

    /// <summary>The convolutions, what stands before the layers, each layer, and the head.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> StagesWith(IEnumerable<Module> head) =>
    [
        ("feature_extractor", convolutions),
        ("embeddings", normsFirst ? [hidden, projectionNorm, projection, positions] : [hidden, projectionNorm, projection, positions, norm]),
        .. layers.Select((layer, number) => (string.Create(CultureInfo.InvariantCulture, $"layer{number}"), (IEnumerable<Module>)[layer])),
        ("head", normsFirst ? head.Prepend(norm) : head),
    ];

    /// <summary>The last states [B, T, D].</summary>
    public Variable Forward(Pass pass, SpeechBatch batch, int[] frames, ForwardTrace? trace)
    {
        var x = LayerScope.Run(
            this, pass, (Trunk: this, pass, batch, frames), static given => given.Trunk.Embed(given.pass, given.batch, given.frames));
        var shape = x.Shape;
        var mask = AttentionMask.None;
        if (batch.Lengths is not null)
        {
            var counts = CountsOf(frames, shape[1]);
            mask = AttentionMask.OfKeys(pass, [shape[0], shape[1]], Array.ConvertAll(counts, static count => count == 1));
            if (trace is not null) trace.Counts = counts;
        }
        trace?.States.Add(x);
        // the layers see rows: attention alone separates the sounds
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        var given = new TransformerInputs(new AttentionInputs(shape[0], mask), default);
        if (trace is null)
        {
            x = LayerScope.Stages(layers, x, given, static (rows, with) => with.Step.Forward(rows, with.Inputs)).Reshape(shape);
            return normsFirst ? norm.Forward(x) : x;
        }
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer].Trace(x.Reshape(shape), given, trace, source: null);
            x = layers[layer].Forward(x, given);
            if (layer + 1 < layers.Length || !normsFirst) trace.States.Add(x.Reshape(shape));
        }
        x = x.Reshape(shape);
        if (!normsFirst) return x;
        x = norm.Forward(x);
        trace.States.Add(x);
        return x;
    }

    /// <summary>1 for each frame that counts [B, T, 1]; shared, 1 / their number.</summary>
    public static Variable Counted(Pass pass, int[] frames, int length, bool shared = false)
    {
        var counts = Array.ConvertAll(CountsOf(frames, length), static count => (float)count);
        if (shared)
            for (int at = 0; at < counts.Length; at++) counts[at] /= frames[at / length];
        return pass.Constant(pass.Upload<float>([frames.Length, length, 1], counts));
    }

    private static int[] CountsOf(int[] frames, int length)
    {
        var counts = new int[frames.Length * length];
        for (int row = 0; row < frames.Length; row++) counts.AsSpan(row * length, frames[row]).Fill(1);
        return counts;
    }

    private Variable Embed(Pass pass, SpeechBatch batch, int[] frames)
    {
        var x = pass.Constant(pass.Upload<float>([batch.Sounds, 1, batch.Length], batch.Values));
        foreach (var convolution in convolutions) x = convolution.Forward(x);
        x = projectionDropout.Forward(projection.Forward(projectionNorm.Forward(x.Permute(0, 2, 1))));
        if (batch.HiddenFrames is { } masked) x = hidden.Forward(x, masked);
        if (batch.Lengths is not null) x *= Counted(pass, frames, x.Shape[1]);
        x += positions.Forward(x.Permute(0, 2, 1)).Permute(0, 2, 1);
        return dropout.Forward(normsFirst ? x : norm.Forward(x));
    }
}
