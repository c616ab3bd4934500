using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>One run through a model, forward or forward and backward: whether it trains, on which device, with which seed. It
/// holds every temporary of the run and gives the memory back when it is disposed.</summary>
/// <remarks>A pass is used by one thread at a time; any number of passes may run side by side, on one model and one device. A model's
/// forward sees its weights as they are between two changes of them, never in the middle of one; a backward is refused where what its
/// forward read has changed since. What training changes beside weights (a batch norm's running statistics) changes together with them
/// in the optimiser's step, or where there is none when the pass ends.</remarks>
/// <example><code>
/// using var pass = Pass.Train(Device.Cpu, seed: 1);
/// var loss = model.Forward(pass.Constant(images)).CrossEntropy(labels);
/// var gradients = pass.Backward(loss);
/// </code></example>
public sealed class Pass : IDisposable
{
    private PassStorage? storage;
    private Gradients? own;
    private WeightLock? reading;
    private int slots;
    private bool isDisposed;

    private Pass(Device device, bool isTraining, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        IsTraining = isTraining;
        Seed = seed;
    }

    /// <summary>The device that the run uses.</summary>
    public Device Device { get; }

    /// <summary>Whether functions are recorded for backward, and layers behave as in training.</summary>
    public bool IsTraining { get; }

    /// <summary>The seed of whatever the run draws.</summary>
    public ulong Seed { get; }

    /// <summary>How many calls backward would run through: none for a frozen part of a model.</summary>
    public int TapeLength => Tape.Count;

    private PassStorage Storage
    {
        get
        {
            if (storage is not null) return storage;
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return storage = PassStorage.Take();
        }
    }

    private List<Node> Tape => Storage.Tape;

    private List<IDisposable> Temporaries => Storage.Temporaries;

    private List<DeviceMemory> Memories => Storage.Memories;

    private Dictionary<Parameter, Variable> Parameters => Storage.Parameters;

    /// <summary>A run that trains.</summary>
    public static Pass Train(Device device, ulong seed = 0) => new(device, isTraining: true, seed);

    /// <summary>A run that only computes.</summary>
    public static Pass Infer(Device device) => new(device, isTraining: false, seed: 0);

    /// <summary>A tensor as a variable that wants no gradient.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public Variable Constant(Tensor<float> tensor) => new(this, Here(tensor), slot: -1);

    /// <summary>A tensor as a variable whose gradient <see cref="Gradients.Of(Variable)"/> gives.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public Variable Leaf(Tensor<float> tensor) => new(this, Here(tensor), IsTraining ? slots++ : -1);

    /// <summary>A parameter as a variable; it wants a gradient in training unless it is frozen.</summary>
    public Variable Of(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (!Parameters.TryGetValue(parameter, out var variable))
        {
            bool learns = IsTraining && !parameter.IsFrozen;
            variable = new Variable(this, Hold(parameter, learns), learns ? slots++ : -1);
            Parameters.Add(parameter, variable);
        }
        return variable;
    }

    /// <summary>The gradients of a loss of one element. They live as long as the pass.</summary>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="ArgumentException">The loss belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The pass does not train, nothing in the loss wants a gradient, or a backward has
    /// already run through a part of the loss.</exception>
    public Gradients Backward(Variable loss) => Backward(loss, own ??= new Gradients(Storage.Gradients));

    /// <summary>Adds the gradients of a loss of one element to <paramref name="gradients"/>, which may outlive the pass.</summary>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="ArgumentException">The loss belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The pass does not train, nothing in the loss wants a gradient, or a backward has
    /// already run through a part of the loss.</exception>
    public Gradients Backward(Variable loss, Gradients gradients)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(gradients);
        if (loss.Pass != this) throw new ArgumentException("the loss belongs to another pass: call Backward of the pass that made it");
        if (!IsTraining) throw new InvalidOperationException("a pass made by Pass.Infer records nothing: use Pass.Train to run backward");
        if (loss.Shape.ElementCount != 1)
            ShapeException.Throw("backward", $"loss {loss.Shape}", "a loss has one element; take its mean or its sum first");
        if (loss.Slot < 0) throw new InvalidOperationException("the loss depends on nothing that wants a gradient: is everything frozen?");

        using var weights = new WeightReading(Locks);
        gradients.Begin(this, slots);
        int mark = Temporaries.Count;
        var one = Rent(loss.Shape);
        Device.Fill(one, 1f);
        gradients.Add(loss.Slot, one);
        Leave(mark, keep: null);
        for (int i = Tape.Count - 1; i >= 0; i--)
        {
            var node = Tape[i];
            if (gradients.Take(node.Output) is { } dy)
            {
                node.RequireUnchanged();
                // held beside the node, which overwrites only what is its alone
                bool stays = Storage.Retained.Contains(node.Output);
                if (stays) gradients.Keep(node.Output, dy);
                node.Backward(dy, gradients);
                dy.Memory.Release();
            }
            node.Release();
            Leave(mark, keep: null);
        }
        bool reachedSpent = false;
        foreach (int output in Storage.Spent)
        {
            if (gradients.Take(output) is not { } unused) continue;
            unused.Memory.Release();
            reachedSpent = true;
        }
        foreach (var node in Tape) Storage.Spent.Add(node.Output);
        Tape.Clear();
        if (reachedSpent)
        {
            throw new InvalidOperationException(
                "a backward has already run through a part of this loss and given back what it saved: add the losses up before one backward, or use a pass for each");
        }
        foreach (var (parameter, variable) in Parameters)
            if (variable.Slot >= 0) gradients.File(parameter, variable.Slot);
        gradients.Finish();
        Leave(mark, keep: null);
        return gradients;
    }

    /// <summary>Gives back every temporary of the run. The pass, its variables and its gradients are not used again.</summary>
    public void Dispose()
    {
        if (isDisposed) return;
        try
        {
            ApplyUpdates();
        }
        finally
        {
            isDisposed = true;
            if (storage is not null) GiveBack(storage);
            storage = null;
        }
    }

    private void GiveBack(PassStorage storage)
    {
        ForgetUpdates();
        foreach (var node in storage.Tape) node.Release();
        foreach (var memory in storage.Weights) memory.Release();
        Leave(0, keep: null);
        own?.Leave();
        own = null;
        storage.GiveBack();
    }

    /// <summary>The locks of all weights that the run has used, in their order.</summary>
    internal ReadOnlySpan<WeightLock> Locks => storage is null ? [] : CollectionsMarshal.AsSpan(storage.Locks);

    /// <summary>The numbers of a parameter or a buffer for as long as the run lasts, wherever they are moved meanwhile.</summary>
    /// <param name="parameter">Whose.</param>
    /// <param name="learns">Whether a gradient is wanted; else what kernels make of the numbers is kept for the runs to come.</param>
    internal Tensor<float> Hold(Parameter parameter, bool learns = false)
    {
        var value = parameter.Hold(Device, learns);
        Storage.Weights.Add(value.Memory);
        WeightLock.Insert(Storage.Locks, parameter.Lock);
        return value;
    }

    /// <summary>Has backward leave the gradient at a slot.</summary>
    internal void Retain(int slot) => Storage.Retained.Add(slot);

    /// <summary>Reads the weights behind a lock until the scope ends, unless a scope around it does so already.</summary>
    internal ReadingScope Read(WeightLock weights) => new(this, weights);

    /// <summary>Changes something of a model later, together with its weights.</summary>
    internal void Defer(DeferredUpdate update) => Storage.Updates.Add(update);

    /// <summary>Makes the changes that were put off.</summary>
    internal void ApplyUpdates()
    {
        if (storage is null || storage.Updates.Count == 0) return;
        using var change = new WeightChange(Locks);
        foreach (var update in storage.Updates) update.Apply(Device);
        ForgetUpdates();
    }

    /// <summary>Leaves undone what was put off: the run came to nothing.</summary>
    internal void ForgetUpdates()
    {
        if (storage is null) return;
        foreach (var update in storage.Updates) update.Release();
        storage.Updates.Clear();
    }

    /// <summary>A temporary of the run.</summary>
    internal Tensor<float> Rent(Shape shape, MemoryFormat format = MemoryFormat.Contiguous) => Own(Device.Rent<float>(shape, format));

    /// <summary>A temporary with the memory order of another tensor, contiguous where that one has gaps.</summary>
    internal Tensor<float> RentLike(Tensor<float> tensor) =>
        Own(tensor.IsDense ? Device.Rent<float>(tensor.Shape, tensor.Strides) : Device.Rent<float>(tensor.Shape));

    /// <summary>Where a gradient may be overwritten by the one that follows from it: in its own memory if nobody else holds that, else
    /// in a temporary like it.</summary>
    internal Tensor<float> Over(Tensor<float> gradient) => gradient.IsDense && !gradient.Memory.IsShared ? gradient : RentLike(gradient);

    internal Tensor<T> Own<T>(Tensor<T> tensor) where T : unmanaged
    {
        Temporaries.Add(tensor);
        Memories.Add(tensor.Memory);
        return tensor;
    }

    /// <summary>The tensor itself, or a temporary copy with channels innermost.</summary>
    internal Tensor<float> ChannelsLast(Tensor<float> tensor)
    {
        if (tensor.IsChannelsLast) return tensor;
        var copy = Rent(tensor.Shape, MemoryFormat.ChannelsLast);
        Device.Copy(tensor, copy);
        return copy;
    }

    /// <summary>The tensor itself, or a temporary copy in the order of its axes.</summary>
    internal Tensor<float> Contiguous(Tensor<float> tensor)
    {
        if (tensor.IsContiguous) return tensor;
        var copy = Rent(tensor.Shape);
        Device.Copy(tensor, copy);
        return copy;
    }

    /// <summary>A result that nothing asks a gradient of.</summary>
    internal Variable Untracked(Tensor<float> value) => new(this, value, slot: -1);

    /// <summary>Puts a call on the tape; to be called only where one of its inputs wants a gradient.</summary>
    internal Variable Record(Tensor<float> value, Node node)
    {
        node.Output = slots++;
        Tape.Add(node);
        return new Variable(this, value, node.Output);
    }

    /// <summary>Where a scope begins: what is rented from here on is given back by <see cref="Leave"/>.</summary>
    internal int Enter() => Temporaries.Count;

    /// <summary>Gives back what was rented since <paramref name="mark"/>, except the memory behind <paramref name="keep"/>. What the
    /// tape has saved stays until its backward.</summary>
    internal void Leave(int mark, Tensor<float>? keep)
    {
        int kept = mark;
        for (int i = mark; i < Temporaries.Count; i++)
        {
            if (keep is not null && Memories[i] == keep.Memory)
            {
                (Temporaries[kept], Memories[kept]) = (Temporaries[i], Memories[i]);
                kept++;
            }
            else
            {
                Temporaries[i].Dispose();
            }
        }
        Temporaries.RemoveRange(kept, Temporaries.Count - kept);
        Memories.RemoveRange(kept, Memories.Count - kept);
    }

    private Tensor<float> Here(Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return tensor.Device == Device || tensor.Device == Device.Home
            ? tensor
            : throw new ArgumentException($"the tensor {tensor.Shape} is on {tensor.Device.Name}, the pass on {Device.Name}: make it there");
    }

    /// <summary>A stretch of the run in which the weights behind a lock are read together.</summary>
    internal readonly ref struct ReadingScope
    {
        private readonly Pass pass;
        private readonly WeightLock weights;
        private readonly WeightLock? outer;

        public ReadingScope(Pass pass, WeightLock weights)
        {
            (this.pass, this.weights, outer) = (pass, weights, pass.reading);
            if (outer == weights) return;
            weights.EnterRead();
            pass.reading = weights;
        }

        public void Dispose()
        {
            if (outer == weights) return;
            pass.reading = outer;
            weights.ExitRead();
        }
    }
}
