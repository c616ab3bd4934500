namespace Graft.Tensors.Tests;

public class ShapeTests
{
    [Fact]
    public void Axes_are_read_from_either_end()
    {
        Shape shape = [32, 3, 224, 112];
        Assert.Equal(4, shape.Rank);
        Assert.Equal(32, shape[0]);
        Assert.Equal(112, shape[^1]);
        Assert.Equal(32L * 3 * 224 * 112, shape.ElementCount);
        Assert.Equal("[32, 3, 224, 112]", shape.ToString());
        Assert.Equal([32, 3, 224, 112], shape.ToArray());
        Assert.Equal([32, 3, 224, 112], shape);
    }

    [Fact]
    public void A_scalar_has_one_element_and_an_empty_axis_none()
    {
        Assert.Equal(1, Of().ElementCount);
        Assert.Equal("[]", Of().ToString());
        Assert.Equal(0, Of(5, 0, 7).ElementCount);
        Assert.Equal(default, Of());
    }

    [Fact]
    public void Element_count_does_not_overflow_an_int() => Assert.Equal(1L << 40, Of(1 << 20, 1 << 20).ElementCount);

    [Fact]
    public void More_elements_than_64_bits_count_are_refused()
    {
        Assert.Equal(int.MaxValue * (long)int.MaxValue * 2, Of(int.MaxValue, int.MaxValue, 2).ElementCount);
        var error = Assert.Throws<ArgumentException>(() => Of(int.MaxValue, int.MaxValue, 3));
        Assert.Contains("[2147483647, 2147483647, 3] has more elements than can be counted", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Of(int.MaxValue, int.MaxValue, int.MaxValue, 0).ElementCount);
    }

    [Fact]
    public void Equal_axes_are_equal_shapes()
    {
        Assert.True(Of(2, 3) == [2, 3]);
        Assert.True(Of(2, 3) != [3, 2]);
        Assert.True(Of(2, 3) != [2, 3, 1]);
        Assert.Equal(Of(2, 3).GetHashCode(), Of(2, 3).GetHashCode());
        Assert.False(Of(2).Equals("[2]"));
    }

    [Fact]
    public void An_axis_is_changed_or_left_out()
    {
        Shape shape = [2, 3, 4];
        Assert.Equal([2, 9, 4], shape.With(1, 9));
        Assert.Equal([2, 3, 9], shape.With(^1, 9));
        Assert.Equal([3, 4], shape.Without(0));
        Assert.Equal([2, 3], shape.Without(^1));
    }

    [Fact]
    public void Refusals_say_what_was_wrong()
    {
        Assert.Equal("a shape has at most 8 axes, not 9", Assert.Throws<ArgumentException>(() => new Shape(new int[9])).Message);
        Assert.Equal("axis 1 of a shape has the negative length -3", Assert.Throws<ArgumentException>(() => Of(2, -3)).Message);
        Assert.Contains("[2, 3] has no axis 2", Assert.Throws<ArgumentOutOfRangeException>(() => Of(2, 3)[2]).Message, StringComparison.Ordinal);
        Assert.Contains("[2, 3] has no axis ^3", Assert.Throws<ArgumentOutOfRangeException>(() => Of(2, 3)[^3]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_error_names_operation_operands_rule_and_once_the_innermost_module()
    {
        var error = Assert.Throws<ShapeException>(
            () => ShapeException.Throw("linear", "input [2, 3] does not fit weight [5, 4]", "the input's last axis is 3, the weight's axis 1 is 4"));
        Assert.Equal("linear: input [2, 3] does not fit weight [5, 4]: the input's last axis is 3, the weight's axis 1 is 4", error.Message);
        Assert.Null(error.ModuleKey);
        Assert.False(error.NameModule(""));
        Assert.False(error.NameModule("encoder.dense"));
        Assert.False(error.NameModule("encoder"));
        Assert.EndsWith(" (in encoder.dense)", error.Message, StringComparison.Ordinal);
    }

    private static Shape Of(params ReadOnlySpan<int> lengths) => new(lengths);
}
