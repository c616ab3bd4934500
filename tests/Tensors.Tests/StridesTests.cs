namespace Graft.Tensors.Tests;

public class StridesTests
{
    [Fact]
    public void Contiguous_strides_have_the_last_axis_innermost() => Assert.Equal([60, 20, 5, 1], Of([2, 3, 4, 5], MemoryFormat.Contiguous));

    [Fact]
    public void Channels_last_strides_have_axis_1_innermost() => Assert.Equal([60, 1, 15, 3], Of([2, 3, 4, 5], MemoryFormat.ChannelsLast));

    [Fact]
    public void A_matrix_is_the_same_in_both_orders() => Assert.Equal(Of([4, 5], MemoryFormat.Contiguous), Of([4, 5], MemoryFormat.ChannelsLast));

    [Fact]
    public void Strides_beyond_an_int_are_refused() =>
        Assert.Throws<OverflowException>(() => Strides.Dense([2, 1 << 20, 1 << 20], MemoryFormat.Contiguous));

    [Fact]
    public void Axes_of_length_one_may_have_any_stride()
    {
        var strides = Strides.Dense([3, 1, 5]);
        strides.Set(1, 999);
        Assert.True(strides.IsDense([3, 1, 5], MemoryFormat.Contiguous));
        Assert.True(strides.IsDense([3, 1, 5]));
        Assert.True(Strides.Match([3, 1, 5], strides, Strides.Dense([3, 1, 5])));
    }

    [Theory]
    [InlineData(new[] { 12, 4, 1 }, true)]
    [InlineData(new[] { 1, 2, 6 }, true)]
    [InlineData(new[] { 4, 8, 1 }, true)]
    [InlineData(new[] { 24, 8, 2 }, false)]
    [InlineData(new[] { 0, 4, 1 }, false)]
    [InlineData(new[] { 12, 5, 1 }, false)]
    public void Dense_means_without_gap_or_overlap_in_whatever_order(int[] steps, bool dense)
    {
        var strides = new Strides();
        for (int axis = 0; axis < 3; axis++) strides.Set(axis, steps[axis]);
        Assert.Equal(dense, strides.IsDense([2, 3, 4]));
    }

    [Fact]
    public void An_empty_tensor_is_dense_however_it_lies()
    {
        var strides = new Strides();
        strides.Set(0, 17);
        Assert.True(strides.IsDense([0, 4]));
    }

    private static int[] Of(Shape shape, MemoryFormat format)
    {
        var strides = Strides.Dense(shape, format);
        return [.. Enumerable.Range(0, shape.Rank).Select(axis => strides[axis])];
    }
}
