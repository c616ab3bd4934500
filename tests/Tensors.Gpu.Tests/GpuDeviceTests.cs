using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Graft.Tensors.Gpu.Tests;

public sealed class GpuDeviceTests
{
    private static readonly Device Device = Simulated.Device;

    [Fact]
    public void A_machine_without_a_card_says_so_in_one_line()
    {
        int cards;
        using (var context = Context.Create(builder => builder.Cuda())) cards = context.GetCudaDevices().Count;
        var exception = Assert.Throws<DeviceUnavailableException>(() => GpuDevice.Create(cards));
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Contains(cards == 0 ? "use the CPU" : $"no card {cards}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_card_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => GpuDevice.Create(-1));

    [Fact]
    public void Numbers_come_back_as_they_went()
    {
        float[] numbers = [1, float.NaN, -0f, 1e-45f, float.PositiveInfinity];
        using var tensor = Tensor.From([5], numbers, Device);
        Assert.Equal(numbers, tensor.ToArray());
        Assert.Equal([float.NaN, 1e-45f], tensor.Slice(0, 1, 2, 2).ToArray());
        using var empty = Tensor.From<float>([0, 3], [], Device);
        Assert.Empty(empty.ToArray());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(4096)]
    public void Uploads_go_through_page_locked_memory_piece_by_piece(int capacity)
    {
        using var context = Context.Create(builder => builder.CPU());
        using var accelerator = context.CreateCPUAccelerator(0);
        using var staging = new PinnedStaging(accelerator, capacity);
        using var buffer = accelerator.Allocate1D<float>(1500);
        float[] numbers = [.. Enumerable.Range(0, 1000).Select(static number => number / 7f)];
        // not at the beginning of a block, and several times over: more than there is room for
        for (int round = 0; round < 3; round++)
        {
            staging.Upload<float>(numbers.AsSpan(round), buffer.View.SubView(500, 1000 - round));
            float[] back = new float[1500];
            buffer.CopyToCPU(back);
            Assert.Equal(numbers[round..], back[500..(1500 - round)]);
        }
        Assert.Equal(3, staging.Uploads);
        Assert.True(staging.Waits >= 2, $"{staging.Waits} waits");
    }

    [Fact]
    public void Uploads_that_were_waited_for_leave_their_room()
    {
        using var device = GpuDevice.OnCpuAccelerator();
        float[] numbers = new float[GpuDevice.StagingBytes / sizeof(float) / 4];
        using var tensor = device.Rent<float>([numbers.Length]);
        for (int round = 0; round < 10; round++)
        {
            numbers[7] = round;
            tensor.CopyFrom(numbers);
            Assert.Equal(round, tensor.Slice(0, 7, 1, 1).ToArray()[0]);
        }
        Assert.Equal(0, device.Staging.Waits);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Copy_walks_any_number_of_axes(int rank)
    {
        int[] lengths = [.. Enumerable.Range(0, rank).Select(axis => axis % 3 == 0 ? 3 : 2)];
        int[] reversed = [.. Enumerable.Range(0, rank).Reverse()];
        Shape shape = new(lengths);
        using var tensor = Tensor.From<int>(shape, [.. Enumerable.Range(0, (int)shape.ElementCount)], Device);
        int[] copied = tensor.Permute(reversed).ToArray();

        var expected = new List<int>();
        for (int place = 0; place < copied.Length; place++)
        {
            // the last axis of the view is the first of the tensor
            int rest = place, source = 0, step = copied.Length;
            for (int axis = 0; axis < rank; axis++)
            {
                step /= lengths[axis];
                source += rest % lengths[axis] * step;
                rest /= lengths[axis];
            }
            expected.Add(source);
        }
        Assert.Equal(expected, copied);
    }

    [Fact]
    public void Sums_split_among_groups_are_right_and_repeat_to_the_bit()
    {
        var random = new Random(1);
        float[] numbers = [.. Enumerable.Range(0, 3 * 9001).Select(_ => random.NextSingle() - 0.25f)];
        foreach (bool rowsAreSummed in new[] { true, false })
        {
            Shape shape = rowsAreSummed ? [9001, 3] : [3, 9001], result = rowsAreSummed ? [1, 3] : [3, 1];
            using var x = Tensor.From<float>(shape, numbers, Device);
            using var sums = Device.Rent<float>(result);
            using var squares = Device.Rent<float>(result);
            using var again = Device.Rent<float>(result);
            Device.Reduce<SumOf>(x, sums, 2f);
            Device.Reduce<SumOfSquares>(x, squares);
            Device.Reduce<SumOf>(x, again, 2f);
            for (int output = 0; output < 3; output++)
            {
                var own = numbers.Where((_, i) => (rowsAreSummed ? i % 3 : i / 9001) == output).Select(value => (double)value).ToArray();
                Assert.Equal(2 * own.Sum(), sums.ToArray()[output], 2e-3);
                Assert.Equal(own.Sum(value => value * value), squares.ToArray()[output], 1e-3);
            }
            Assert.Equal(sums.ToArray(), again.ToArray());
        }
    }

    [Fact]
    public void Largest_of_a_window_with_NaN_is_NaN()
    {
        using var x = Tensor.From<float>([1, 1, 2, 2], [1, float.NaN, 5, 2], Device);
        using var y = Device.Rent<float>([1, 1, 1, 1]);
        using var places = Device.Rent<int>([1, 1, 1, 1]);
        Device.MaxPool2d(Pool2dGeometry.Square(2, 2), x, y, places);
        Assert.True(float.IsNaN(y.ToArray()[0]));
        Assert.Equal(1, places.ToArray()[0]);
    }

    [Fact]
    public void An_op_of_a_users_own_runs_with_its_gradient()
    {
        using var x = Tensor.From<float>([3], [-1, 0, 2], Device);
        using var y = Device.Rent<float>([3]);
        using var dx = Device.Rent<float>([3]);
        Device.Map(default(Softplus), x, y);
        Device.MapBackward(default(Softplus), x, x, null, dx);
        Assert.Equal(Math.Log(1 + Math.Exp(2)), y.ToArray()[2], 1e-6);
        Assert.Equal(2 / (1 + Math.Exp(-2)), dx.ToArray()[2], 1e-6);
    }

    [Fact]
    public void An_op_that_no_card_can_run_is_refused_by_name_and_spoils_no_other()
    {
        using var device = GpuDevice.OnCpuAccelerator();
        using var x = Tensor.From<float>([1], [1], device);
        device.Map(default(Negate), x, x);
        var exception = Assert.Throws<NotSupportedException>(() => device.Map(default(Talkative), x, x));
        Assert.Contains(nameof(Talkative), exception.Message, StringComparison.Ordinal);
        device.Map(default(Negate), x, x);
        device.Map(new Scale(3), x, x);
        using var sum = device.Rent<float>([1]);
        device.Reduce<SumOf>(x, sum);
        Assert.Equal([3f], sum.ToArray());
    }

    [Fact]
    public void Several_threads_may_use_one_device()
    {
        Parallel.For(0, 8, i =>
        {
            using var x = Tensor.From<float>([50], [.. Enumerable.Range(0, 50).Select(j => (float)(i * j))], Device);
            using var y = Device.Rent<float>([50]);
            for (int round = 0; round < 5; round++) Device.Map(new Scale(2), x, y);
            Assert.Equal(Enumerable.Range(0, 50).Select(j => 2f * i * j), y.ToArray());
        });
    }

    [Fact]
    public void A_tensor_of_another_device_is_refused_by_name()
    {
        using var other = GpuDevice.OnCpuAccelerator();
        using var x = Tensor.From<float>([2], [1, 2], other);
        using var y = Device.Rent<float>([2]);
        var exception = Assert.Throws<InvalidOperationException>(() => Device.Map(default(Negate), x, y));
        Assert.Contains("[2]", exception.Message, StringComparison.Ordinal);
        using var host = Tensor.From<float>([2], [1, 2]);
        exception = Assert.Throws<InvalidOperationException>(() => Device.Map(default(Negate), host, y));
        Assert.Contains("cpu", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_of_elements_of_other_sizes_than_a_cards_are_refused()
    {
        using var from = Device.Rent<decimal>([2]);
        using var to = Device.Rent<decimal>([2]);
        Assert.Throws<NotSupportedException>(() => Device.Copy(from, to));
    }

    [Fact]
    public void Memory_is_used_again()
    {
        using var device = GpuDevice.OnCpuAccelerator();
        for (int step = 0; step < 10; step++)
        {
            using var first = device.Rent<float>([1000]);
            using var second = device.Rent<float>([990]);
            Assert.NotSame(first.Memory, second.Memory);
        }
        Assert.Equal(2 * SizeClasses.Bytes(SizeClasses.Of(4000)), device.BytesTaken);
        var tensor = device.Rent<float>([10]);
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.ToArray());
    }

    [Fact]
    public void Memory_that_nobody_gave_back_returns_when_it_is_collected()
    {
        using var device = GpuDevice.OnCpuAccelerator();
        for (int round = 0; round < 20; round++)
        {
            Abandon(device);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.True(device.BytesTaken <= 3 * SizeClasses.Bytes(SizeClasses.Of(40_000)), $"{device.BytesTaken} bytes were taken");
    }

    [Fact]
    public void A_device_given_back_lends_nothing_more()
    {
        var device = GpuDevice.OnCpuAccelerator();
        var left = device.Rent<float>([4]);
        device.Dispose();
        device.Dispose();
        left.Dispose();
        Assert.Throws<ObjectDisposedException>(() => device.Rent<float>([4]));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(Device device) => device.Fill(device.Rent<float>([10_000]).Slice(0, 0, 3), 1f);

    private readonly struct Softplus : IUnaryOp
    {
        public static Saves Saves => Saves.Input;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> => S.WhereGreater(x, S.Splat(0), x, S.Splat(0)) + S.Log(S.Splat(1) + S.Exp(-S.Abs(x)));

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1) / (S.Splat(1) + S.Exp(-x));
    }

    private readonly struct Talkative : IUnaryOp
    {
        public static Saves Saves => Saves.Nothing;

        public S Forward<S>(S x) where S : unmanaged, ILane<S>
        {
            Console.WriteLine(new object());
            return x;
        }

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => x;
    }
}
