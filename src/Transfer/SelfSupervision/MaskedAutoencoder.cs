using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A masked autoencoder (He et al. 2022): a vision transformer sees a quarter of each picture's patches, and a small decoder paints the others from what it makes of
/// them, each patch less its mean and through its deviation.</summary>
/// <remarks>The norm behind the transformer's last layer is not learnt, nor is the class token's answer. It does little in short trainings: the paper's are of 800 rounds.</remarks>
public sealed class MaskedAutoencoder : PretrainingMethod
{
    private const float Epsilon = 1e-6f;
    private const int HeadWidth = 32, Colours = 3;

    private readonly ImageSize size;
    private readonly int patch, leading;
    private readonly Linear embed, paint;
    private readonly LayerNorm before, after;
    private readonly DecoderLayer[] layers;
    private readonly Parameter token;

    /// <summary>Makes the method for a vision transformer.</summary>
    /// <param name="trunk">The model: its stem makes tokens [N, T, D] of patches behind one token of the class (and one of distillation).</param>
    /// <param name="size">The size of the pictures.</param>
    /// <param name="width">How wide the decoder is, a multiple of 32; 512 in the paper, of which half of the trunk's is in proportion. Null for that.</param>
    /// <param name="depth">How many layers it has; 8 in the paper, where 1 fine-tunes as well.</param>
    /// <exception cref="ArgumentException">The trunk is no vision transformer, or the pictures do not fall into its patches.</exception>
    public MaskedAutoencoder(ImageModel trunk, ImageSize size, int? width = null, int depth = 2)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        this.size = size;
        var tokens = TokensOf(trunk, size);
        (leading, patch) = Enumerable.Range(1, 2).Select(first => (First: first, Side: SideOf(size, tokens[1] - first))).FirstOrDefault(static found => found.Side > 0);
        if (patch == 0) throw new ArgumentException($"{trunk.Name} makes {tokens[1]} tokens of pictures of {size}, which do not fall into square patches: choose a size that does");
        int decoder = width ?? Math.Max(HeadWidth, tokens[2] / 2 / HeadWidth * HeadWidth);
        if (decoder < HeadWidth || decoder % HeadWidth != 0) throw new ArgumentOutOfRangeException(nameof(width), width, $"a decoder is a multiple of {HeadWidth} wide");
        before = Add("norm_before", new LayerNorm(tokens[2]));
        embed = Add("embed", new Linear(tokens[2], decoder));
        token = AddParameter("mask_token", [1, decoder], Initialiser.Normal(0.02f));
        layers = [.. Enumerable.Range(0, depth).Select(number => Add(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"layer{number}"), new DecoderLayer(decoder, decoder / HeadWidth)))];
        after = Add("norm_after", new LayerNorm(decoder));
        paint = Add("paint", new Linear(decoder, patch * patch * Colours));
    }

    /// <summary>The share of patches that is not seen; 0.75 in the paper.</summary>
    public double Masked { get; init; } = 0.75;

    /// <inheritdoc/>
    public override int Views => 1;

    private int Patches => size.Height / patch * (size.Width / patch);

    /// <summary>The mean squared error over the patches that were not seen.</summary>
    public override Variable Loss(ImageModel trunk, Variable pictures)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentNullException.ThrowIfNull(pictures);
        var pass = pictures.Pass;
        int n = pictures.Shape[0], seen = Math.Clamp((int)Math.Round(Patches * (1 - Masked)), 1, Patches - 1);
        int[][] orders = Orders(pass.Stream("masked autoencoder"), n, Patches);
        string[] stages = [.. trunk.Stages.Select(static stage => stage.Name)];
        var tokens = trunk.ForwardTo(pictures, stages[0]);
        int all = tokens.Shape[1], kept = leading + seen;
        var visible = Rows(tokens).Embedding([.. Kept(orders, seen, all)], [n, kept]);
        var encoded = embed.Forward(before.Forward(Rows(trunk.ForwardThrough(visible, stages[1], stages[^2]))));
        // where a token was not seen stands the one that says so, behind the rows of those that were
        var full = Variable.Concat([encoded, pass.Of(token)]).Embedding([.. Places(orders, seen, kept)], [n, Patches]);
        var rows = Rows(full + Positions(pass));
        foreach (var layer in layers) rows = layer.Forward(rows, n);
        int[] asked = [.. orders.SelectMany((order, picture) => order[seen..].Select(place => picture * Patches + place))];
        var painted = paint.Forward(after.Forward(rows).Embedding(asked, [asked.Length]));
        return painted.MeanSquaredError(Normalised(PatchesOf(pictures.Detach())).Embedding(asked, [asked.Length]));
    }

    /// <summary>The rows of a table of all tokens that are seen: those of the class, then the first of each order.</summary>
    private IEnumerable<int> Kept(int[][] orders, int seen, int all) => orders.SelectMany((order, picture) =>
        Enumerable.Range(0, leading).Concat(order[..seen].Select(place => leading + place)).Select(place => picture * all + place));

    /// <summary>For each patch of each picture the row of what was made of it, or the row behind all.</summary>
    private int[] Places(int[][] orders, int seen, int kept)
    {
        var rows = new int[orders.Length * Patches];
        Array.Fill(rows, orders.Length * kept);
        for (int picture = 0; picture < orders.Length; picture++)
            for (int at = 0; at < seen; at++) rows[picture * Patches + orders[picture][at]] = picture * kept + leading + at;
        return rows;
    }

    /// <summary>Patches in an order of chance for each picture.</summary>
    internal static int[][] Orders(RandomStream stream, int pictures, int patches) =>
        [.. Enumerable.Range(0, pictures).Select(picture => stream.Permutation(patches, (ulong)picture))];

    /// <summary>Patches of pictures [n, 3, H, W] as rows [n P, p p 3], patch after patch.</summary>
    internal Variable PatchesOf(Variable pictures)
    {
        int n = pictures.Shape[0], rows = size.Height / patch, columns = size.Width / patch;
        return pictures.Reshape([n, Colours, rows, patch, columns, patch]).Permute(0, 2, 4, 3, 5, 1).Reshape([n * rows * columns, patch * patch * Colours]);
    }

    /// <summary>Each patch less its mean, through its deviation (<c>norm_pix_loss</c>).</summary>
    internal static Variable Normalised(Variable patches)
    {
        var centred = patches - patches.Mean([1], keepAxes: true);
        int numbers = patches.Shape[1];
        return centred / (centred.Square().Sum([1], keepAxes: true) * (1f / (numbers - 1)) + Epsilon).Sqrt();
    }

    /// <summary>Where patches are: sines and cosines of row and column [1, P, width], a quarter of the width each.</summary>
    private Variable Positions(Pass pass)
    {
        int width = embed.Outputs, quarter = width / 4, columns = size.Width / patch;
        var numbers = new float[Patches * width];
        for (int place = 0; place < Patches; place++)
        {
            for (int i = 0; i < quarter; i++)
            {
                double speed = 1 / Math.Pow(10000, (double)i / quarter), column = place % columns * speed, row = place / columns * speed;
                var at = numbers.AsSpan(place * width);
                (at[i], at[quarter + i], at[2 * quarter + i], at[3 * quarter + i]) = ((float)Math.Sin(column), (float)Math.Cos(column), (float)Math.Sin(row), (float)Math.Cos(row));
            }
        }
        return pass.Constant(pass.Upload<float>([1, Patches, width], numbers));
    }

    private static Variable Rows(Variable tokens) => tokens.Reshape([tokens.Shape[0] * tokens.Shape[1], tokens.Shape[2]]);

    private static Shape TokensOf(ImageModel trunk, ImageSize size)
    {
        using var pass = Pass.Infer(Device.Cpu);
        var tokens = trunk.ForwardTo(pass.Constant(pass.Rent([1, Colours, size.Height, size.Width], MemoryFormat.ChannelsLast)), trunk.Stages[0].Name).Shape;
        return tokens.Rank == 3 && trunk.Stages.Count > 2 ? tokens : throw new ArgumentException(
            $"{trunk.Name} makes feature maps and no tokens, of which some could be left out: a masked autoencoder is for vision transformers; choose denoising-autoencoder");
    }

    /// <summary>The side of so many square patches; 0 where pictures do not fall into them.</summary>
    private static int SideOf(ImageSize size, int patches)
    {
        if (patches < 2) return 0;
        int side = (int)Math.Round(Math.Sqrt((double)size.Height * size.Width / patches));
        return side > 0 && size.Height % side == 0 && size.Width % side == 0 && (long)patches * side * side == (long)size.Height * size.Width ? side : 0;
    }

    /// <summary>A layer of the decoder, each of its halves behind a norm and added to its input.</summary>
    private sealed class DecoderLayer : Module
    {
        private readonly LayerNorm first, second;
        private readonly MultiHeadAttention attention;
        private readonly Linear projection, up, down;

        public DecoderLayer(int width, int heads)
        {
            first = Add("norm1", new LayerNorm(width));
            attention = Add("attention", new MultiHeadAttention(width, heads));
            projection = Add("projection", new Linear(width, width));
            second = Add("norm2", new LayerNorm(width));
            up = Add("up", new Linear(width, 4 * width));
            down = Add("down", new Linear(4 * width, width));
        }

        /// <summary>Rows [n P, width] of n pictures.</summary>
        public Variable Forward(Variable rows, int pictures)
        {
            rows = projection.Forward(attention.Forward(first.Forward(rows), new AttentionInputs(pictures, AttentionMask.None)), rows);
            return down.Forward(up.Forward(second.Forward(rows), Activation.Gelu), rows);
        }
    }
}
