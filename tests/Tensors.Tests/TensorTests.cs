namespace Graft.Tensors.Tests;

public class TensorTests
{
    private static readonly float[] Six = [0, 1, 2, 3, 4, 5];

    [Fact]
    public void Elements_come_back_in_the_order_of_the_axes()
    {
        using var tensor = Tensor.From<float>([2, 3], Six);
        Assert.Equal([2, 3], tensor.Shape);
        Assert.Equal(Six, tensor.ToArray());
        var copy = new float[6];
        tensor.CopyTo(copy);
        Assert.Equal(Six, copy);
        using var labels = Tensor.From<int>([3], [7, 8, 9]);
        Assert.Equal([7, 8, 9], labels.ToArray());
    }

    [Fact]
    public void Views_share_the_memory()
    {
        using var tensor = Tensor.From<float>([2, 3], Six);
        Assert.Equal([0f, 3, 1, 4, 2, 5], tensor.Permute(1, 0).ToArray());
        Assert.Equal([1f, 2, 4, 5], tensor.Slice(1, 1, 2).ToArray());
        Assert.Equal([0f, 2, 3, 5], tensor.Slice(^1, 0, 2, 2).ToArray());
        Assert.Equal([3f, 4, 5], tensor.Slice(0, 1, 1).Reshape([3]).ToArray());
        Assert.Equal([0f, 1, 2, 0, 1, 2], tensor.Slice(0, 0, 1).Expand([2, 3]).ToArray());
        tensor.Reshape([3, 2]).Slice(0, 2, 1).CopyFrom([8, 9]);
        Assert.Equal([0f, 1, 2, 3, 8, 9], tensor.ToArray());
    }

    [Fact]
    public void Views_of_views_compose()
    {
        using var tensor = Tensor.From<float>([2, 3, 4], [.. Enumerable.Range(0, 24).Select(i => (float)i)]);
        var view = tensor.Permute(2, 0, 1).Slice(0, 1, 2, 2).Slice(2, 1, 2).Permute(1, 2, 0);
        Assert.Equal([2, 2, 2], view.Shape);
        Assert.Equal([5f, 7, 9, 11, 17, 19, 21, 23], view.ToArray());
    }

    [Fact]
    public void Writing_through_a_view_reaches_only_its_elements()
    {
        using var tensor = Tensor.From<float>([2, 3], Six);
        tensor.Permute(1, 0).Slice(0, 0, 2, 2).CopyFrom([10, 11, 12, 13]);
        Assert.Equal([10f, 1, 12, 11, 4, 13], tensor.ToArray());
    }

    [Fact]
    public void Order_of_memory_is_known()
    {
        using var tensor = Device.Cpu.Rent<float>([2, 3, 4, 5], MemoryFormat.ChannelsLast);
        Assert.True(tensor.IsChannelsLast);
        Assert.False(tensor.IsContiguous);
        Assert.True(tensor.IsDense);
        Assert.True(tensor.Permute(0, 2, 3, 1).IsContiguous);
        Assert.False(tensor.Slice(1, 0, 2).IsDense);
        Assert.True(tensor.Slice(0, 1, 1).IsDense);
    }

    [Fact]
    public void Nothing_is_as_good_as_something()
    {
        using var empty = Tensor.From<float>([0, 3], []);
        Assert.Empty(empty.ToArray());
        Assert.Equal([3, 0], empty.Permute(1, 0).Shape);
        Assert.Empty(empty.Reshape([0]).ToArray());
        using var scalar = Tensor.From<float>([], [4f]);
        Assert.Equal([4f], scalar.ToArray());
        Assert.Equal([4f, 4, 4], scalar.Expand([3]).ToArray());
    }

    [Fact]
    public void Refusals_say_operation_operands_and_rule()
    {
        using var tensor = Tensor.From<float>([2, 3], Six);
        Refused("reshape: [2, 3] does not fit [4]: 6 elements are not 4", () => tensor.Reshape([4]));
        Refused(
            "reshape: [3, 2] to [6]: the memory is not in the order of the axes, so a view cannot show it; copy it first",
            () => tensor.Permute(1, 0).Reshape([6]));
        Refused("permute: [2, 3] by (0, 0): the order has to name each axis once", () => tensor.Permute(0, 0));
        Refused("permute: [2, 3] by (1): the order has to name each axis once", () => tensor.Permute(1));
        Refused("permute: [2, 3] by (1, 2): the order has to name each axis once", () => tensor.Permute(1, 2));
        Refused("permute: [2, 3] by (-1, 0): the order has to name each axis once", () => tensor.Permute(-1, 0));
        Refused("slice: [2, 3] on axis 1: 3 indices from 1 by 1 lie outside it", () => tensor.Slice(1, 1, 3));
        Refused("slice: [2, 3] on axis 1: 2 indices from 0 by 3 lie outside it", () => tensor.Slice(1, 0, 2, 3));
        Refused("slice: [2, 3] on axis 2: 1 indices from 0 by 1 lie outside it", () => tensor.Slice(2, 0, 1));
        Refused("slice: [2, 3] on axis 0: 1 indices from -1 by 1 lie outside it", () => tensor.Slice(0, -1, 1));
        Refused("expand: [2, 3] to [2, 4]: an axis has to be 1 or the wanted length, aligned at the last", () => tensor.Expand([2, 4]));
        Refused("expand: [2, 3] to [3]: an axis has to be 1 or the wanted length, aligned at the last", () => tensor.Expand([3]));
    }

    [Fact]
    public void Numbers_that_do_not_fill_the_shape_are_refused()
    {
        const string Message = "5 elements do not fill a tensor [2, 3] of 6";
        Assert.Equal(Message, Assert.Throws<ArgumentException>(() => Tensor.From<float>([2, 3], Six.AsSpan(..5))).Message);
        using var tensor = Tensor.From<float>([2, 3], Six);
        Assert.Equal(Message, Assert.Throws<ArgumentException>(() => tensor.CopyTo(new float[5])).Message);
        Assert.Equal(Message, Assert.Throws<ArgumentException>(() => tensor.CopyFrom(new float[5])).Message);
    }

    private static void Refused(string message, Action action) => Assert.Equal(message, Assert.Throws<ShapeException>(action).Message);
}
