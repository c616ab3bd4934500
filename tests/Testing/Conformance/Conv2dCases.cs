using Graft.Tensors;

namespace Graft.Testing;

/// <summary>The convolutions that a device is tried on.</summary>
internal static class Conv2dCases
{
    public static IEnumerable<ReferenceConv2d> Tiny =>
    [
        new(Conv2dGeometry.Square(), 1, 2, 3, 4, 3, 1, 1),
        new(Conv2dGeometry.Square(padding: 1), 2, 3, 4, 3, 2, 3, 3),
        new(Conv2dGeometry.Square(stride: 2, padding: 1), 1, 2, 5, 5, 2, 3, 3),
        new(new Conv2dGeometry(2, 1, 0, 1, 1, 2, 1, 2, 1), 1, 1, 5, 4, 2, 3, 2),
        new(Conv2dGeometry.Square(padding: 1, groups: 2), 1, 4, 3, 3, 2, 3, 3),
        new(Conv2dGeometry.Square(padding: 1, groups: 3), 1, 3, 3, 3, 3, 3, 3),
        new(new Conv2dGeometry(2, 1, 0, 2, 1, 0, 1, 2, 2), 1, 2, 4, 3, 2, 2, 3),
    ];

    public static IEnumerable<ReferenceConv2d> Full =>
        [.. Tiny, .. Kernels, .. Windows, .. ChannelCounts, .. Grouped, .. Edges, .. OneDimensional, .. ManyChannels];

    /// <summary>Each kernel size with each stride, square and not.</summary>
    private static IEnumerable<ReferenceConv2d> Kernels =>
        from kernel in new[] { (1, 1), (3, 3), (5, 5), (7, 7), (1, 3), (3, 1), (2, 5) }
        from stride in new[] { 1, 2, 3 }
        select new ReferenceConv2d(Conv2dGeometry.Square(stride, Math.Min(kernel.Item1, kernel.Item2) / 2), 2, 5, 11, 13, 6, kernel.Item1, kernel.Item2);

    /// <summary>Padding on one side alone, dilation, different strides across and down.</summary>
    private static IEnumerable<ReferenceConv2d> Windows =>
    [
        new(new Conv2dGeometry(1, 1, 0, 0, 1, 1, 1, 1, 1), 1, 4, 8, 8, 4, 3, 3),
        new(new Conv2dGeometry(2, 2, 0, 0, 1, 1, 1, 1, 1), 2, 16, 8, 8, 16, 3, 3),
        new(new Conv2dGeometry(1, 1, 2, 0, 0, 1, 1, 1, 1), 1, 3, 7, 9, 8, 3, 3),
        new(new Conv2dGeometry(2, 3, 1, 2, 3, 0, 1, 1, 1), 1, 3, 10, 11, 5, 3, 5),
        new(Conv2dGeometry.Square(padding: 2, dilation: 2), 1, 8, 9, 9, 8, 3, 3),
        new(Conv2dGeometry.Square(stride: 2, padding: 3, dilation: 3), 1, 3, 12, 12, 4, 3, 3),
        new(new Conv2dGeometry(1, 2, 1, 1, 1, 1, 2, 1, 1), 1, 3, 9, 8, 4, 3, 3),
        new(new Conv2dGeometry(2, 2, 3, 3, 2, 2, 1, 1, 1), 2, 3, 28, 30, 16, 7, 7),
        new(new Conv2dGeometry(3, 2, 0, 4, 2, 1, 2, 3, 1), 2, 17, 12, 13, 19, 2, 4),
        new(new Conv2dGeometry(1, 1, 4, 0, 0, 5, 1, 2, 1), 1, 16, 6, 9, 33, 5, 3),
        new(new Conv2dGeometry(2, 1, 1, 0, 0, 2, 1, 1, 1), 2, 20, 9, 8, 24, 1, 1),
    ];

    private static IEnumerable<ReferenceConv2d> ChannelCounts =>
    [
        .. from channels in new[] { 1, 3, 16, 17, 64 }
           from outputs in new[] { 1, 16, 17, 33 }
           select new ReferenceConv2d(Conv2dGeometry.Square(padding: 1), 1, channels, 6, 5, outputs, 3, 3),
        .. from channels in new[] { 1, 3, 16, 17, 64 }
           select new ReferenceConv2d(Conv2dGeometry.Square(), 2, channels, 7, 5, 24, 1, 1),
        new(Conv2dGeometry.Square(stride: 2), 2, 16, 8, 8, 32, 1, 1),
        new(Conv2dGeometry.Square(stride: 2, padding: 3), 2, 3, 29, 31, 16, 7, 7),
        new(Conv2dGeometry.Square(padding: 1), 4, 64, 8, 8, 64, 3, 3),
    ];

    private static IEnumerable<ReferenceConv2d> Grouped =>
    [
        new(Conv2dGeometry.Square(padding: 1, groups: 2), 1, 6, 7, 7, 4, 3, 3),
        new(Conv2dGeometry.Square(stride: 2, padding: 1, groups: 4), 2, 32, 9, 9, 32, 3, 3),
        new(Conv2dGeometry.Square(groups: 2), 1, 34, 5, 5, 6, 1, 1),
        new(Conv2dGeometry.Square(padding: 1, groups: 17), 2, 17, 7, 9, 17, 3, 3),
        new(Conv2dGeometry.Square(stride: 2, padding: 2, groups: 32), 1, 32, 11, 11, 32, 5, 5),
        new(Conv2dGeometry.Square(padding: 1, groups: 8), 1, 8, 6, 6, 16, 3, 3),
        new(Conv2dGeometry.Square(padding: 2, dilation: 2, groups: 16), 1, 16, 8, 8, 16, 3, 3),
        new(Conv2dGeometry.Square(padding: 1, groups: 83), 2, 83, 9, 10, 83, 3, 3),
        new(Conv2dGeometry.Square(stride: 2, padding: 1, groups: 83), 2, 83, 9, 10, 83, 3, 3),
        new(Conv2dGeometry.Square(groups: 24), 20, 24, 3, 3, 24, 1, 1),
        new(new Conv2dGeometry(1, 2, 0, 2, 1, 0, 2, 1, 2), 2, 10, 9, 11, 6, 3, 2),
        new(new Conv2dGeometry(2, 1, 3, 0, 2, 1, 1, 2, 33), 2, 33, 10, 9, 33, 5, 3),
        new(new Conv2dGeometry(3, 2, 0, 2, 1, 4, 2, 1, 17), 1, 17, 11, 12, 17, 3, 4),
        new(new Conv2dGeometry(1, 1, 1, 0, 0, 1, 1, 1, 64), 2, 64, 7, 9, 64, 2, 2),
    ];

    /// <summary>Channels and places enough for the ways that only pay on large layers: whole squares of outputs and not, padding on
    /// all sides and on some, output channels that fill no panel.</summary>
    private static IEnumerable<ReferenceConv2d> ManyChannels =>
    [
        new(Conv2dGeometry.Square(padding: 1), 2, 64, 14, 15, 64, 3, 3),
        new(Conv2dGeometry.Square(), 1, 64, 18, 17, 83, 3, 3),
        new(new Conv2dGeometry(1, 1, 2, 0, 0, 1, 1, 1, 1), 1, 80, 14, 16, 65, 3, 3),
        new(Conv2dGeometry.Square(padding: 1, groups: 2), 1, 128, 13, 13, 128, 3, 3),
        new(new Conv2dGeometry(1, 1, 0, 2, 2, 1, 1, 1, 1), 2, 64, 13, 14, 70, 3, 3),
        new(new Conv2dGeometry(1, 1, 0, 1, 2, 0, 1, 1, 2), 1, 130, 15, 14, 128, 3, 3),
        new(new Conv2dGeometry(1, 1, 0, 2, 0, 1, 1, 1, 1), 1, 64, 16, 14, 64, 1, 3),
    ];

    /// <summary>A convolution over sequences [N, C, L] is one over planes [N, C, 1, L] and needs no kernel of its own.</summary>
    private static IEnumerable<ReferenceConv2d> OneDimensional =>
    [
        new(new Conv2dGeometry(1, 1, 0, 1, 0, 1, 1, 1, 1), 2, 20, 1, 37, 24, 1, 3),
        new(new Conv2dGeometry(1, 2, 0, 4, 0, 0, 1, 2, 1), 2, 3, 1, 50, 16, 1, 3),
        new(new Conv2dGeometry(1, 5, 0, 0, 0, 0, 1, 1, 1), 1, 1, 1, 103, 32, 1, 10),
        new(new Conv2dGeometry(1, 1, 0, 3, 0, 4, 1, 1, 16), 2, 16, 1, 40, 16, 1, 8),
        new(new Conv2dGeometry(1, 2, 0, 1, 0, 1, 1, 1, 4), 2, 16, 1, 31, 8, 1, 4),
    ];

    private static IEnumerable<ReferenceConv2d> Edges =>
    [
        new(Conv2dGeometry.Square(), 1, 1, 1, 1, 1, 1, 1),
        new(Conv2dGeometry.Square(padding: 1), 1, 3, 1, 1, 2, 3, 3),
        new(Conv2dGeometry.Square(padding: 3), 1, 2, 2, 2, 3, 7, 7),
        new(Conv2dGeometry.Square(), 1, 4, 5, 7, 3, 5, 7),
        new(Conv2dGeometry.Square(stride: 3), 1, 2, 8, 8, 2, 1, 1),
        new(Conv2dGeometry.Square(), 0, 3, 5, 5, 2, 3, 3),
    ];
}
