using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Copy and Fill through any strides.</summary>
public sealed class CopyTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    [Fact]
    public void Every_order_of_the_axes()
    {
        Shape[] shapes = Tiny ? [[5], [4, 7], [2, 3, 1, 4]] : [[5], [4, 7], [3, 4, 5], [2, 3, 4, 5], [2, 1, 17, 3], [1, 2, 2, 3, 3]];
        var cases = from shape in shapes
                    from order in Orders(shape.Rank)
                    from layout in new[] { Layout.Contiguous, Layout.ChannelsLast }
                    select (shape, string.Join(' ', order), layout);
        Each(cases, item =>
        {
            var (shape, words, layout) = item;
            int[] order = [.. words.Split(' ').Select(int.Parse)];
            var values = Draw.Uniform("copy", shape.ElementCount);
            Shape permuted = new(order.Select(axis => shape[axis]).ToArray());
            var y = Output(permuted, layout);
            Device.Copy(Input(shape, values).Tensor.Permute(order), y.Tensor);
            Check.SameBits("y", y.Read("y"), Permute(values, shape, order));
        });
    }

    [Fact]
    public void Every_layout_to_every_other()
    {
        var cases = from shape in Tiny ? [[3, 4]] : new Shape[] { [], [1], [0, 3], [17], [33, 5], [5, 33], [2, 16, 3, 3], [2, 17, 5, 4] }
                    from source in Enum.GetValues<Layout>()
                    from destination in Enum.GetValues<Layout>()
                    select (shape, source, destination);
        Each(cases, item =>
        {
            var values = Draw.Uniform("copy", item.shape.ElementCount);
            var y = Output(item.shape, item.destination);
            Device.Copy(Input(item.shape, values, item.source).Tensor, y.Tensor);
            Check.SameBits("y", y.Read("y"), values);

            var numbers = Draw.Integers("copy", item.shape.ElementCount, int.MinValue / 2, int.MaxValue / 2);
            var copied = new Placed<int>(Device, item.shape, item.destination);
            Device.Copy(Input(item.shape, numbers, item.source).Tensor, copied.Tensor);
            Assert.Equal(numbers, copied.Read("integers"));
        });
    }

    [Fact]
    public void Elements_of_every_size()
    {
        Transposed<byte>([1, 2, 3, 4, 5, 255]);
        Transposed<sbyte>([1, -2, 3, -4, 5, 127]);
        Transposed<bool>([true, false, false, true, true, false]);
        Transposed<Half>([(Half)1, (Half)(-2), Half.NaN, (Half)0.5, (Half)5, Half.MaxValue]);
        Transposed<short>([1, 2, 3, 4, 5, short.MinValue]);
        Transposed([1, 2, 3, 4, 5, int.MinValue]);
        Transposed([1, 2, 3, 4, 5, long.MinValue]);
        Transposed([1, 2, 3, 4, 5, double.Epsilon]);

        void Transposed<T>(T[] elements) where T : unmanaged
        {
            using var tensor = Tensor.From<T>([2, 3], elements, Device);
            var turned = tensor.Permute(1, 0);
            Assert.Equal([elements[0], elements[3], elements[1], elements[4], elements[2], elements[5]], turned.ToArray());
            using var other = Tensor.From<T>([3, 2], new T[6], Device);
            Device.Copy(turned, other);
            Assert.Equal(turned.ToArray(), other.ToArray());
            turned.CopyFrom([.. elements.Reverse()]);
            Assert.Equal([elements[5], elements[3], elements[1], elements[4], elements[2], elements[0]], tensor.ToArray());
        }
    }

    [Fact]
    public void Expanded_axes_repeat()
    {
        Each<(Shape From, Shape To)>([([1, 5], [4, 5]), ([4, 1], [4, 5]), ([1], [3, 2]), ([], [2, 3]), ([2, 1, 3, 1], [2, 17, 3, 5])], item =>
        {
            var values = Draw.Uniform("expand", item.From.ElementCount);
            var y = Output(item.To);
            Device.Copy(Input(item.From, values).Tensor.Expand(item.To), y.Tensor);
            Check.SameBits("y", y.Read("y"), Broadcast.To(values, item.From, item.To));
        });
    }

    [Fact]
    public void Slices_of_both_sides()
    {
        var source = Draw.Uniform("source", 6 * 20);
        var before = Draw.Uniform("before", 9 * 11);
        var destination = Input([9, 11], before);
        Device.Copy(
            Input([6, 20], source).Tensor.Slice(0, 1, 3, 2).Slice(1, 2, 5, 3), destination.Tensor.Slice(0, 2, 3, 3).Slice(1, 1, 5, 2));
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 5; j++) before[(2 + 3 * i) * 11 + 1 + 2 * j] = source[(1 + 2 * i) * 20 + 2 + 3 * j];
        Check.SameBits("destination", destination.Read("destination"), before);
    }

    [Fact]
    public void Large_transposition()
    {
        var (rows, columns) = Tiny ? (9, 5) : (300, 513);
        var values = Draw.Uniform("transpose", rows * columns);
        var y = Output([columns, rows]);
        Device.Copy(Input([rows, columns], values).Tensor.Permute(1, 0), y.Tensor);
        Check.SameBits("y", y.Read("y"), Permute(values, [rows, columns], [1, 0]));
    }

    [Fact]
    public void Copy_keeps_every_bit()
    {
        float[] values = [float.NaN, BitConverter.Int32BitsToSingle(0x7FA00001), -0f, 1e-45f, float.NegativeInfinity];
        var y = Output([5], Layout.Stepped);
        Device.Copy(Input([5], values).Tensor, y.Tensor);
        Check.SameBits("y", y.Read("y"), values);
    }

    [Fact]
    public void Fill_writes_the_tensor_and_nothing_else()
    {
        var cases = from shape in new Shape[] { [], [0], [1], [17], [3, 5], [2, 3, 4, 5], [Tiny ? 9 : 70003] }
                    from layout in Enum.GetValues<Layout>()
                    from value in new[] { 0f, -2.5f }
                    select (shape, layout, value);
        Each(cases, item =>
        {
            var y = Output(item.shape, item.layout);
            Device.Fill(y.Tensor, item.value);
            Assert.All(y.Read("y"), element => Assert.Equal(item.value, element));
        });
    }

    private static IEnumerable<int[]> Orders(int rank) =>
        rank == 0 ? [[]] : Orders(rank - 1).SelectMany(order => Enumerable.Range(0, rank).Select(at => (int[])[.. order[..at], rank - 1, .. order[at..]]));

    private static float[] Permute(float[] values, Shape shape, int[] order)
    {
        var result = new float[values.Length];
        var index = new int[shape.Rank];
        for (int i = 0; i < result.Length; i++)
        {
            int rest = i;
            for (int axis = order.Length - 1; axis >= 0; axis--)
            {
                index[order[axis]] = rest % shape[order[axis]];
                rest /= shape[order[axis]];
            }
            int place = 0;
            for (int axis = 0; axis < index.Length; axis++) place = place * shape[axis] + index[axis];
            result[i] = values[place];
        }
        return result;
    }
}
