using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Pictures as tokens: patches, the class token before them, positions. [N, C, H, W] to [N, T, D].</summary>
internal sealed class VisionTransformerStem : Layer
{
    private readonly ImageSize image;
    private readonly Conv2d patches;
    private readonly Parameter classToken;
    private readonly Parameter? distillationToken;
    private readonly Parameter positions;
    private readonly Dropout dropout;

    public VisionTransformerStem(VisionTransformerSettings settings, VisionTransformerStyle style)
    {
        image = settings.Image;
        classToken = AddParameter(style.ClassToken, [1, 1, settings.Width], style.Tokens);
        if (settings.HasDistillationToken) distillationToken = AddParameter(style.DistillationToken, [1, 1, settings.Width], style.Tokens);
        int rows = image.Height / settings.Patch, columns = image.Width / settings.Patch;
        positions = Add(style.Positions, [1, settings.Tokens, settings.Width], style.PositionValues, otherShapes: new PositionInterpolation(
            settings.Tokens - rows * columns, rows, columns, settings.Width, alignsCorners: style.Trunk is null));
        patches = Add(style.Patches, new Conv2d(
            settings.Channels, settings.Width, settings.Patch, settings.Patch, initialiser: style.PatchWeight, biasInitialiser: Initialiser.Zeros));
        dropout = Add("dropout", new Dropout(settings.Dropout));
    }

    protected override Variable Compute(Variable x)
    {
        if (x.Shape.Rank != 4 || x.Shape[2] != image.Height || x.Shape[3] != image.Width)
            ShapeException.Throw("vision_transformer", $"input {x.Shape}", $"its positions are those of pictures of {image.Height} x {image.Width}: [N, C, {image.Height}, {image.Width}]");
        var pass = x.Pass;
        var map = patches.Forward(x);
        int count = map.Shape[0], width = map.Shape[1], places = map.Shape[2] * map.Shape[3];
        var tokens = map.Permute(0, 2, 3, 1).Reshape([count, places, width]);
        var first = pass.Of(classToken).Expand([count, 1, width]);
        tokens = distillationToken is null
            ? Variable.Concat([first, tokens], axis: 1)
            : Variable.Concat([first, pass.Of(distillationToken).Expand([count, 1, width]), tokens], axis: 1);
        return dropout.Forward(tokens + pass.Of(positions));
    }
}

/// <summary>A layer of the encoder, each of its halves behind a norm and added to its input: [N, T, D] to [N, T, D].</summary>
internal sealed class VisionTransformerLayer : Layer
{
    private readonly Activation activation;
    private readonly LayerNorm normBefore;
    private readonly MultiHeadAttention attention;
    private readonly Linear projection;
    private readonly LayerNorm normAfter;
    private readonly Linear up;
    private readonly Linear down;
    private readonly Dropout dropout;

    public VisionTransformerLayer(VisionTransformerSettings settings, VisionTransformerStyle style)
    {
        int width = settings.Width;
        activation = settings.Activation;
        normBefore = Add(style.NormBefore, new LayerNorm(width, settings.LayerNormEpsilon));
        attention = Add(style.Attention, style.IsPacked
            ? new MultiHeadAttention("", new Linear(("in_proj_weight", "in_proj_bias"), width, 3 * width, settings.HasQueryBias, style.AttentionWeight, Initialiser.Zeros),
                settings.Heads, settings.AttentionDropout)
            : new MultiHeadAttention(width, settings.Heads, settings.AttentionDropout,
                linear: (inputs, outputs) => new Linear(inputs, outputs, settings.HasQueryBias, style.AttentionWeight, Initialiser.Zeros)));
        projection = Add(style.Projection, new Linear(width, width, initialiser: style.ProjectionWeight, biasInitialiser: Initialiser.Zeros));
        normAfter = Add(style.NormAfter, new LayerNorm(width, settings.LayerNormEpsilon));
        up = Perceptron(style.Up, width, settings.IntermediateWidth);
        down = Perceptron(style.Down, settings.IntermediateWidth, width);
        dropout = Add("dropout", new Dropout(settings.Dropout));

        Linear Perceptron((string Key, string? Alias) keys, int inputs, int outputs)
        {
            var map = Add(keys.Key, new Linear(inputs, outputs, initialiser: style.PerceptronWeight, biasInitialiser: style.PerceptronBias));
            if (keys.Alias is null) return map;
            AddAlias(keys.Alias + ".weight", map.Weight);
            AddAlias(keys.Alias + ".bias", map.Bias!);
            return map;
        }
    }

    /// <summary>As <see cref="MultiHeadAttention.Probabilities"/>: x is [N, T, D].</summary>
    public Variable Probabilities(Variable x) => attention.Probabilities(normBefore.Forward(x.Detach()), counts: null);

    protected override Variable Compute(Variable x)
    {
        var shape = x.Shape;
        // linear maps see rows: attention alone separates the sequences
        var rows = x.Reshape([shape[0] * shape[1], shape[2]]);
        rows = Residual(projection, attention.Forward(normBefore.Forward(rows), new AttentionInputs(shape[0], AttentionMask.None)), rows);
        rows = Residual(down, dropout.Forward(up.Forward(normAfter.Forward(rows), activation)), rows);
        return rows.Reshape(shape);
    }

    private Variable Residual(Linear map, Variable x, Variable residual) =>
        dropout.IsActive(x.Pass) ? dropout.Forward(map.Forward(x)) + residual : map.Forward(x, residual);
}

/// <summary>The heads of class and distillation token, whose logits' mean is the answer: [N, 2 D] to [N, classes] (Touvron et al. 2020).</summary>
internal sealed class DistilledHead : Layer
{
    private readonly int width;
    private readonly Linear ofClass;
    private readonly Linear ofTeacher;

    public DistilledHead(int width, int classes, Initialiser initialiser)
    {
        this.width = width;
        ofClass = Add("cls_classifier", new Linear(width, classes, initialiser: initialiser, biasInitialiser: Initialiser.Zeros));
        ofTeacher = Add("distillation_classifier", new Linear(width, classes, initialiser: initialiser, biasInitialiser: Initialiser.Zeros));
    }

    protected override Variable Compute(Variable x) =>
        (ofClass.Forward(x.Slice(1, 0, width)) + ofTeacher.Forward(x.Slice(1, width, width))) * 0.5f;
}
