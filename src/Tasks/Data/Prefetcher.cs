using System.Runtime.ExceptionServices;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Writes the picture of a place in an epoch's order.</summary>
internal delegate void WriteExample(int place, Span<float> destination);

/// <summary>Prefetches one epoch's batches on background threads. They share the work picture by picture; a batch is
/// begun only when it is at most so many ahead, so the memory in use is bounded.</summary>
internal sealed class Prefetcher : IDisposable
{
    private readonly object gate = new();
    private readonly int[] order;
    private readonly BatchPlan plan;
    private readonly ImageLoaderOptions options;
    private readonly CpuDevice device;
    private readonly ImageSize size;
    private readonly WriteExample write;
    private readonly CancellationToken cancellation;
    private readonly CancellationTokenRegistration registration;
    private readonly Dictionary<int, Slot> slots = [];
    private readonly Task[] workers;
    private int nextPlace;
    private int placeBatch;
    private int nextBatch;
    private bool stopping;

    public Prefetcher(
        int[] order, BatchPlan plan, int first, ImageLoaderOptions options, CpuDevice device, ImageSize size, WriteExample write,
        CancellationToken cancellation)
    {
        this.order = order;
        this.plan = plan;
        (nextBatch, placeBatch, nextPlace) = (first, first, plan.Start(first));
        this.options = options;
        this.device = device;
        this.size = size;
        this.write = write;
        this.cancellation = cancellation;
        registration = cancellation.Register(static state => ((Prefetcher)state!).Stop(), this);
        workers = new Task[Math.Min(options.Workers == 0 ? Environment.ProcessorCount : options.Workers, Math.Max(1, order.Length))];
        for (int i = 0; i < workers.Length; i++)
            workers[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits for the next batch, in order; null after the last. The batch is the caller's.</summary>
    public ImageBatch? Next()
    {
        while (NextSlot() is { } slot)
        {
            if (slot.Failure is { } failure)
            {
                slot.Batch?.Dispose();
                failure.Throw();
            }
            foreach (var (at, problem) in slot.Unreadable) options.Unreadable!(slot.Batch!.Indices[at], problem);
            if (slot.Unreadable.Count == 0) return slot.Batch;
            if (slot.Batch!.Without(slot.Unreadable.Keys) is { } rest) return rest;
        }
        return null;
    }

    private Slot? NextSlot()
    {
        lock (gate)
        {
            if (nextBatch == plan.Count) return null;
            while (!stopping && !(slots.TryGetValue(nextBatch, out var coming) && coming.Left == 0)) Monitor.Wait(gate);
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(stopping, this);
            slots.Remove(nextBatch, out var slot);
            nextBatch++;
            Monitor.PulseAll(gate); // room for one more ahead
            return slot;
        }
    }

    /// <summary>Stops the threads, waits for the pictures in work and releases batches that were not consumed.</summary>
    public void Dispose()
    {
        registration.Dispose();
        Stop();
        Task.WaitAll(workers);
        foreach (var slot in slots.Values) slot.Batch?.Dispose();
        slots.Clear();
    }

    private void Stop()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }
    }

    private void Work()
    {
        while (Take() is var (slot, batch, at) && slot is not null)
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                write(plan.Start(batch) + at, ImageTransforms.Place(slot.Batch!.Images, at));
            }
            catch (ImageException exception) when (options.Unreadable is not null)
            {
                lock (gate) slot.Unreadable.Add(at, exception);
            }
#pragma warning disable CA1031 // whatever goes wrong with a picture is thrown again where its batch is asked for
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            lock (gate) slot.Done(at, failure, gate);
        }
    }

    /// <summary>The next picture to do: its batch and its position there; no slot when there is nothing more.</summary>
    private (Slot? Slot, int Batch, int At) Take()
    {
        lock (gate)
        {
            while (true)
            {
                if (stopping || nextPlace == order.Length) return default;
                if (nextPlace == plan.Start(placeBatch + 1)) placeBatch++;
                int batch = placeBatch;
                if (batch - nextBatch >= options.Prefetch)
                {
                    Monitor.Wait(gate);
                    continue;
                }
                int at = nextPlace - plan.Start(batch);
                if (!slots.TryGetValue(batch, out var slot)) slots.Add(batch, slot = Open(batch));
                nextPlace++;
                if (slot.Batch is not null) return (slot, batch, at);
                slot.Done(at, null, gate); // no memory for the batch: its consumer gets the exception
            }
        }
    }

    private Slot Open(int batch)
    {
        int[] indices = order[plan.Start(batch)..plan.Start(batch + 1)];
        var slot = new Slot { Left = indices.Length };
        try
        {
            var images = device.Rent<float>([indices.Length, RgbImage.Channels, size.Height, size.Width], MemoryFormat.ChannelsLast);
            slot.Batch = new ImageBatch(images, indices);
        }
#pragma warning disable CA1031 // as for a picture
        catch (Exception exception)
#pragma warning restore CA1031
        {
            slot.Failure = ExceptionDispatchInfo.Capture(exception);
        }
        return slot;
    }

    private sealed class Slot
    {
        private int failedAt = -1;

        public ImageBatch? Batch { get; set; }

        /// <summary>Pictures that are not done yet.</summary>
        public int Left { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }

        /// <summary>Pictures that are left out, by position in the batch.</summary>
        public SortedList<int, ImageException> Unreadable { get; } = [];

        /// <summary>Of several failures the first picture's counts, whichever thread was faster.</summary>
        public void Done(int at, ExceptionDispatchInfo? failure, object gate)
        {
            if (failure is not null && (Failure is null || (failedAt >= 0 && at < failedAt)))
            {
                Failure = failure;
                failedAt = at;
            }
            if (--Left == 0) Monitor.PulseAll(gate);
        }
    }
}
