namespace Graft.Tensors.Tests;

public sealed class CpuPoolTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_second_rent_of_a_size_takes_nothing_new()
    {
        var first = device.Rent<float>([1000]);
        long taken = device.BytesTaken;
        Assert.InRange(taken, 4000, 4500);
        first.Dispose();
        using var second = device.Rent<float>([990]);
        Assert.Equal(taken, device.BytesTaken);
        Assert.Same(first.Device, second.Device);
    }

    [Fact]
    public void Two_tenants_at_once_have_different_memory()
    {
        using var first = device.Rent<float>([64]);
        using var second = device.Rent<float>([64]);
        first.CopyFrom(Enumerable.Repeat(1f, 64).ToArray());
        second.CopyFrom(Enumerable.Repeat(2f, 64).ToArray());
        Assert.All(first.ToArray(), value => Assert.Equal(1f, value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(3_000_001)]
    public unsafe void Blocks_are_aligned_large_enough_and_waste_at_most_an_eighth(long bytes)
    {
        var memory = Assert.IsType<CpuPool.CpuMemory>(device.Rent(bytes));
        Assert.Equal(0, (nint)memory.Pointer % 64);
        Assert.InRange(memory.Bytes, bytes, Math.Max(256, bytes + bytes / 8 + 1));
        memory.Release();
    }

    [Fact]
    public void A_tensor_given_back_is_refused_and_says_why()
    {
        var tensor = device.Rent<float>([2, 3]);
        var view = tensor.Reshape([6]);
        tensor.Dispose();
        tensor.Dispose();
        Assert.False(view.IsAlive);
        var error = Assert.Throws<ObjectDisposedException>(() => view.ToArray());
        Assert.Contains("Tensor [6]", error.Message, StringComparison.Ordinal);
        Assert.Contains("copy what has to outlive it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_tensor_does_not_see_the_next_tenant()
    {
        var stale = device.Rent<float>([100]);
        stale.Dispose();
        using var next = device.Rent<float>([100]);
        next.CopyFrom(new float[100]);
        Assert.Throws<ObjectDisposedException>(() => stale.CopyFrom(Enumerable.Repeat(7f, 100).ToArray()));
        stale.Dispose();
        Assert.True(next.IsAlive);
        Assert.All(next.ToArray(), value => Assert.Equal(0f, value));
    }

    [Fact]
    public void Memory_held_twice_goes_back_with_the_last_holder()
    {
        var memory = device.Rent(4000);
        Assert.False(memory.IsShared);
        memory.Retain();
        Assert.True(memory.IsShared);
        memory.Release();
        Assert.Equal(0, memory.Generation);
        memory.Release();
        Assert.Equal(1, memory.Generation);
        Assert.Throws<InvalidOperationException>(memory.Release);
    }

    [Fact]
    public void Memory_forgotten_by_all_goes_back_to_the_system()
    {
        RentAndForget(device);
        Assert.True(device.BytesTaken > 0);
        for (int attempt = 0; attempt < 20 && device.BytesTaken > 0; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.Equal(0, device.BytesTaken);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void RentAndForget(CpuDevice device) => _ = device.Rent<float>([10_000]);
    }

    [Fact]
    public void Trimming_gives_back_what_nobody_holds()
    {
        using var held = device.Rent<float>([1000]);
        long before = device.BytesTaken;
        for (int size = 1; size <= 1 << 20; size *= 2) device.Rent<float>([size]).Dispose();
        Assert.True(device.BytesTaken > before);
        device.TrimMemory();
        Assert.Equal(before, device.BytesTaken);
        Assert.True(held.IsAlive);
    }

    [Fact]
    public void What_lay_idle_between_two_looks_goes_back_and_what_was_used_stays()
    {
        using var pool = new CpuPool(device);
        DeviceMemory[] blocks = [pool.Rent(4096), pool.Rent(4096), pool.Rent(4096), pool.Rent(1 << 20)];
        foreach (var block in blocks) block.Release();
        pool.TrimIdle();    // from here on it is watched what is needed
        Assert.InRange(pool.BytesTaken, (1 << 20) + 4096, (1 << 20) + 3 * 4096);
        pool.Rent(4096).Release();
        pool.TrimIdle();
        Assert.Equal(4096, pool.BytesTaken);
        pool.TrimIdle();
        Assert.Equal(0, pool.BytesTaken);
    }

    [Fact]
    public void What_was_asked_back_in_between_is_not_given_back_twice()
    {
        using var pool = new CpuPool(device);
        DeviceMemory[] blocks = [pool.Rent(4096), pool.Rent(4096)];
        foreach (var block in blocks) block.Release();
        pool.TrimIdle();    // from here on what is left lies idle
        Assert.Equal(4096, pool.BytesTaken);
        pool.Trim();
        pool.TrimIdle();
        Assert.Equal(0, pool.BytesTaken);
    }

    [Fact]
    public void A_device_that_was_disposed_of_makes_nothing_and_takes_back_what_is_held()
    {
        var own = new CpuDevice(2);
        using (var held = Tensor.From<float>([2], [1f, 2f], own))
        {
            own.Dispose();
            own.Dispose();
            Assert.Throws<ObjectDisposedException>(() => own.Rent<float>([2]));
            Assert.Throws<ObjectDisposedException>(() => own.Map(default(Relu), held, held));
            Assert.Equal([1f, 2f], held.ToArray());
        }
        Assert.Equal(0, own.BytesTaken);
    }

    [Fact]
    public void The_device_of_all_cannot_be_taken_away()
    {
        ((CpuDevice)Device.Cpu).Dispose();
        using var tensor = Tensor.From<float>([2], [-1f, 2f]);
        Device.Cpu.Map(default(Relu), tensor, tensor);
        Assert.Equal([0f, 2f], tensor.ToArray());
    }

    [Fact]
    public void Threads_of_devices_that_were_dropped_end()
    {
        const int Devices = 40, Threads = 4;
        int most = MakeAndDrop();
        int left = most;
        for (int attempt = 0; attempt < 100 && left > most - Devices * (Threads - 1) / 2; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(20);
            left = Count();
        }
        Assert.InRange(left, 1, most - Devices * (Threads - 1) / 2);

        static int Count()
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.Threads.Count;
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static int MakeAndDrop()
        {
            int before = Count();
            var devices = Enumerable.Range(0, Devices).Select(_ => new CpuDevice(Threads)).ToList();
            foreach (var dropped in devices)
            {
                using var tensor = dropped.Rent<float>([1 << 18]);
                dropped.Fill(tensor, 1f);
            }
            int most = Count();
            GC.KeepAlive(devices);
            Assert.InRange(most, before + Devices * (Threads - 1) - Threads, int.MaxValue);
            return most;
        }
    }

    [Fact]
    public void A_negative_number_of_threads_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new CpuDevice(-1));
}
