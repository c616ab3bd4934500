using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Attention within square windows of a map, shifted by half a window in every other block, with a learnt bias for each relative
/// position (Liu et al. 2021): [N, H, W, C] to the same. The windows are the sequences of one attention.</summary>
internal sealed class ShiftedWindowAttention : Layer
{
    /// <summary>What is added to the scores of places that only the shift has brought together.</summary>
    private const float Apart = -100f;

    private static readonly int[] Planes = [1, 2];
    private static readonly int[] WindowsFirst = [0, 1, 3, 2, 4, 5];

    private readonly int window;
    private readonly int shift;
    private readonly bool shiftsBothWays;
    private readonly MultiHeadAttention attention;
    private readonly Linear projection;
    private readonly Parameter table;
    private readonly int[] index;
    private readonly Dropout dropout;
    private WindowPlan? last;

    public ShiftedWindowAttention(int width, int heads, bool isShifted, SwinSettings settings, SwinKeys keys)
    {
        window = settings.Window;
        shift = isShifted ? window / 2 : 0;
        shiftsBothWays = keys.ShiftsBothWays;
        var initial = Initialiser.Normal(settings.InitialRange);
        int offsets = 2 * window - 1;
        table = AddParameter($"{keys.Attention}.relative_position_bias_table", [offsets * offsets, heads], keys.IsTableZero ? Initialiser.Zeros : initial);
        attention = Add(keys.Attention, keys.Packed is { } packed
            ? new MultiHeadAttention(packed, new Linear(width, 3 * width, settings.HasQueryBias, initial, Initialiser.Zeros), heads, settings.AttentionDropout)
            : new MultiHeadAttention(width, heads, settings.AttentionDropout,
                linear: (inputs, outputs) => new Linear(inputs, outputs, settings.HasQueryBias, initial, Initialiser.Zeros)));
        projection = Add(keys.Projection, new Linear(width, width, initialiser: initial, biasInitialiser: Initialiser.Zeros));
        dropout = Add("attention_output_dropout", new Dropout(settings.Dropout));
        index = RelativePositions(window);
        // a buffer of PyTorch's, which follows from the window
        IgnoreKey($"{keys.Attention}.relative_position_index");
    }

    /// <summary>As <see cref="MultiHeadAttention.Probabilities"/>, of each window: [N windows, H, T, T].</summary>
    public Variable Probabilities(Variable x)
    {
        var plan = PlanOf(x.Shape);
        var rows = Partition(x.Detach(), plan);
        return attention.Probabilities(rows.Reshape([plan.Windows * x.Shape[0], window * window, x.Shape[3]]), counts: null, Bias(x.Pass, x.Shape[0], plan));
    }

    protected override Variable Compute(Variable x)
    {
        var plan = PlanOf(x.Shape);
        int count = x.Shape[0];
        var rows = attention.Forward(Partition(x, plan), new AttentionInputs(count * plan.Windows, AttentionMask.None, Bias: Bias(x.Pass, count, plan)));
        return Join(dropout.Forward(projection.Forward(rows)), x.Shape, plan);
    }

    /// <summary>[N, H, W, C] to rows [N windows T, C], a window after another.</summary>
    private Variable Partition(Variable x, WindowPlan plan)
    {
        int count = x.Shape[0], width = x.Shape[3];
        if (plan.Height > x.Shape[1]) x = x.Pad(1, 0, plan.Height - x.Shape[1]);
        if (plan.Width > x.Shape[2]) x = x.Pad(2, 0, plan.Width - x.Shape[2]);
        if (plan.IsShifted) x = x.Roll(plan.Forth, Planes);
        return x.Reshape([count, plan.Height / window, window, plan.Width / window, window, width])
            .Permute(WindowsFirst).Reshape([count * plan.Height * plan.Width, width]);
    }

    private Variable Join(Variable rows, Shape shape, WindowPlan plan)
    {
        int width = shape[3];
        var x = rows.Reshape([shape[0], plan.Height / window, plan.Width / window, window, window, width])
            .Permute(WindowsFirst).Reshape([shape[0], plan.Height, plan.Width, width]);
        if (plan.IsShifted) x = x.Roll(plan.Back, Planes);
        if (plan.Height > shape[1]) x = x.Slice(1, 0, shape[1]);
        return plan.Width > shape[2] ? x.Slice(2, 0, shape[2]) : x;
    }

    /// <summary>[1, H, T, T] of relative positions; where the windows are shifted, with the mask: [N windows, H, T, T].</summary>
    private Variable Bias(Pass pass, int count, WindowPlan plan)
    {
        int places = window * window, heads = table.Shape[1];
        var bias = pass.Of(table).Embedding(index, [places, places]).Permute(2, 0, 1).Unsqueeze(0);
        if (!plan.IsShifted) return bias;
        bias += pass.Constant(pass.Upload<float>([plan.Windows, 1, places, places], plan.Mask));
        return count == 1 ? bias : bias.Unsqueeze(0).Expand([count, plan.Windows, heads, places, places]).Reshape([count * plan.Windows, heads, places, places]);
    }

    private WindowPlan PlanOf(Shape shape)
    {
        if (shape.Rank != 4) ShapeException.Throw("shifted_window_attention", $"input {shape}", "the input has to be [N, H, W, C]");
        int height = (shape[1] + window - 1) / window * window, width = (shape[2] + window - 1) / window * window;
        // where one window is all there is, nothing lies across its edge
        int down = height <= window ? 0 : shift, right = width <= window ? 0 : shift;
        if (shiftsBothWays && (down == 0 || right == 0)) (down, right) = (0, 0);
        return last is { } plan && plan.Is(height, width, down, right) ? plan : last = new WindowPlan(window, height, width, down, right);
    }

    /// <summary>The row of the table for each pair of places of a window [T, T].</summary>
    private static int[] RelativePositions(int window)
    {
        int places = window * window;
        var index = new int[places * places];
        for (int query = 0; query < places; query++)
        {
            for (int key = 0; key < places; key++)
            {
                int down = query / window - key / window + window - 1, right = query % window - key % window + window - 1;
                index[query * places + key] = down * (2 * window - 1) + right;
            }
        }
        return index;
    }

    /// <summary>How a map falls into windows.</summary>
    /// <param name="window">The side of a window.</param>
    /// <param name="height">H in whole windows.</param>
    /// <param name="width">W in whole windows.</param>
    /// <param name="down">How far the windows are shifted down.</param>
    /// <param name="right">How far they are shifted to the right.</param>
    private sealed class WindowPlan(int window, int height, int width, int down, int right)
    {
        private float[]? mask;

        public int Height => height;

        public int Width => width;

        /// <summary>How many there are.</summary>
        public int Windows { get; } = height / window * (width / window);

        public bool IsShifted => down + right > 0;

        public int[] Forth { get; } = [-down, -right];

        public int[] Back { get; } = [down, right];

        /// <summary>[windows, T, T]: 0 between places that were neighbours before the shift.</summary>
        public float[] Mask => mask ??= Values();

        public bool Is(int ofHeight, int ofWidth, int byDown, int byRight) => (height, width, down, right) == (ofHeight, ofWidth, byDown, byRight);

        private float[] Values()
        {
            int places = window * window, across = width / window;
            var values = new float[Windows * places * places];
            var regions = new int[places];
            for (int number = 0; number < Windows; number++)
            {
                int top = number / across * window, left = number % across * window;
                for (int place = 0; place < places; place++)
                    regions[place] = 3 * Region(top + place / window, height, down) + Region(left + place % window, width, right);
                for (int query = 0; query < places; query++)
                    for (int key = 0; key < places; key++)
                        if (regions[query] != regions[key]) values[(number * places + query) * places + key] = Apart;
            }
            return values;

            int Region(int at, int length, int shifted) => at < length - window ? 0 : at < length - shifted ? 1 : 2;
        }
    }
}
