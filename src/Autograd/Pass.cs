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
public sealed partial class Pass : IDisposable
{
    private PassStorage? storage;
    private Gradients? own;
    private WeightLock? reading;
    private Pass? repeated;
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

    /// <summary>Is given each layer and its output as soon as it is there, inner layers first (PyTorch's forward hooks); null for nothing.</summary>
    public Action<object, Variable>? LayerWatch { get; set; }

    /// <summary>Whether all that the run has computed follows from its inputs and weights alone: nothing was drawn, and no running statistics are to be
    /// changed by it. Without a gradient it may then be kept instead of being computed again.</summary>
    public bool IsRepeatable => storage is null || (storage.Streams.Count == 0 && !storage.Weights.HasUpdates);

    /// <summary>How many calls backward would run through: none for a frozen part of a model.</summary>
    public int TapeLength => Storage.Tape.Count;

    /// <summary>The memory that the pass holds now beside the weights: what it has rented and what its tape keeps for backward, each block once.</summary>
    public IReadOnlySet<DeviceMemory> Held()
    {
        var held = new HashSet<DeviceMemory>();
        if (storage is null) return held;
        storage.Temporaries.AddTo(held);
        storage.Tape.AddTo(held);
        storage.Weights.TakeFrom(held);
        return held;
    }

    private PassStorage Storage
    {
        get
        {
            if (storage is not null) return storage;
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return storage = PassStorage.Take();
        }
    }

    /// <summary>A run that trains.</summary>
    public static Pass Train(Device device, ulong seed = 0) => new(device, isTraining: true, seed);

    /// <summary>A run that only computes.</summary>
    public static Pass Infer(Device device) => new(device, isTraining: false, seed: 0);

    /// <summary>Another run of the same seed on the same device, which draws the same dropout: for a second gradient of one step. What it would
    /// defer is dropped, and gradients of its backward are a step of this pass, with what that one deferred.</summary>
    public Pass Repeat() => new(Device, IsTraining, Seed) { repeated = this, ActivationCheckpointing = ActivationCheckpointing };

    /// <summary>A tensor as a variable that needs no gradient.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public Variable Constant(Tensor<float> tensor) => new(this, Here(tensor), slot: -1);

    /// <summary>A tensor as a variable whose gradient <see cref="Gradients.Of(Variable)"/> gives.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public Variable Leaf(Tensor<float> tensor) => new(this, Here(tensor), IsTraining ? Storage.Tape.AddSlot() : -1);

    /// <summary>A parameter as a variable; it needs a gradient in training unless it is frozen.</summary>
    public Variable Of(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        var variable = Storage.Weights.VariableOf(this, parameter, Storage.Tape);
        if (variable.Weight is null) Note(variable.Value);
        return variable;
    }

    /// <summary>The values of a buffer, or of a parameter without a gradient, valid until the pass ends even if they are moved to another
    /// device in between.</summary>
    public Tensor<float> ValueOf(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return Note(Storage.Weights.ValueOf(Device, parameter));
    }

    /// <summary>Substitutes a variable for a parameter for the rest of the pass: <see cref="Of"/> gives
    /// it, and gradients flow to what it was computed from (PyTorch's <c>torch.func.functional_call</c>).</summary>
    /// <param name="parameter">A parameter that the run has not used yet.</param>
    /// <param name="variable">A variable of this pass, of the parameter's shape.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The variable belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The parameter has been used in the pass, or has been substituted.</exception>
    public void Substitute(Parameter parameter, Variable variable)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(variable);
        RequireOwn(parameter, variable);
        Storage.Weights.Substitute(parameter, variable);
    }

    /// <summary>Substitutes what is computed from a parameter for the rest of the pass; gradients flow to the parameter too, unless it is
    /// frozen: MAML's inner step, an adapter merged into a weight, a weight that is normalised.</summary>
    /// <param name="parameter">A parameter that the run has not used yet.</param>
    /// <param name="compute">From the parameter as a variable to its substitute, of its shape; called at once.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The variable belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The parameter has been used in the pass, or has been substituted.</exception>
    public void Substitute(Parameter parameter, Func<Variable, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(compute);
        Storage.Weights.Substitute(this, parameter, Storage.Tape, own =>
        {
            var variable = compute(own);
            RequireOwn(parameter, variable);
            return variable;
        });
    }

    /// <summary>As the other, of a tensor through which nothing learns: for buffers, which <see cref="ValueOf"/> gives.</summary>
    /// <param name="buffer">A buffer that the run has not used yet.</param>
    /// <param name="value">Of the buffer's shape, on the device of the run.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    /// <exception cref="InvalidOperationException">The buffer has been used in the pass, or has been substituted.</exception>
    public void Substitute(Parameter buffer, Tensor<float> value) => Substitute(buffer, Constant(value));

    /// <summary>Whether a parameter or a buffer has been substituted: a layer then leaves its buffers as they are.</summary>
    public bool IsSubstituted(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return Storage.Weights.IsSubstituted(parameter);
    }

    /// <summary>A random stream for one call of a function: a layer opens the stream of its key once a call. The first call of a name draws
    /// from <c>new RandomStream(Seed, name)</c>, the second from another stream, and so on, all of which follow from the seed.</summary>
    /// <param name="name">The name of the stream: a layer's key.</param>
    public RandomStream Stream(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Draw(name);
    }

    /// <summary>The gradients of a loss of one element. They live as long as the pass.</summary>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="ArgumentException">The loss belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The pass does not train, nothing in the loss needs a gradient, or a backward has already
    /// run through a part of the loss.</exception>
    public Gradients Backward(Variable loss) => Backward(loss, own ??= new Gradients(Storage.Gradients));

    /// <summary>Adds the gradients of a loss of one element to <paramref name="gradients"/>, which may outlive the pass.</summary>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="ArgumentException">The loss belongs to another pass.</exception>
    /// <exception cref="InvalidOperationException">The pass does not train, nothing in the loss needs a gradient, or a backward has already
    /// run through a part of the loss.</exception>
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
        var scope = OpenScope();
        gradients.Begin(this, Storage.Tape.Slots);
        Storage.Tape.RunBackward(new BackwardRun(this, gradients), loss, Storage.Temporaries);
        Storage.Weights.File(gradients);
        gradients.Finish();
        if (repeated is not null) gradients.BelongTo(repeated);
        scope.KeepNothing();
        return gradients;
    }

    /// <summary>Releases every temporary of the pass. The pass, its variables and its gradients may not be used again.</summary>
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
            own?.Leave();
            own = null;
            storage?.GiveBack();
            storage = null;
        }
    }

    /// <summary>An uninitialised temporary of the pass (PyTorch's <c>empty</c>).</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="format">The order of its axes in memory.</param>
    public Tensor<float> Rent(Shape shape, MemoryFormat format = MemoryFormat.Contiguous) => Rent<float>(shape, format);

    /// <summary>An uninitialised temporary of any element type.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="format">The order of its axes in memory.</param>
    public Tensor<T> Rent<T>(Shape shape, MemoryFormat format = MemoryFormat.Contiguous) where T : unmanaged => Storage.Temporaries.Add(Device.Rent<T>(shape, format));

    /// <summary>A temporary with values from the host: token ids, masks.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Its values, row-major.</param>
    /// <exception cref="ArgumentException">There are not as many values as the shape has elements.</exception>
    public Tensor<T> Upload<T>(Shape shape, ReadOnlySpan<T> values) where T : unmanaged
    {
        var tensor = Rent<T>(shape);
        tensor.CopyFrom(values);
        return tensor;
    }

    /// <summary>An uninitialised temporary in the memory format of another tensor, contiguous where that one has gaps (PyTorch's
    /// <c>empty_like</c>).</summary>
    public Tensor<float> RentLike(Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Storage.Temporaries.Add(tensor.IsDense ? Device.Rent<float>(tensor.Shape, tensor.Strides) : Device.Rent<float>(tensor.Shape));
    }

    /// <summary>The tensor itself, or a contiguous temporary copy.</summary>
    public Tensor<float> Contiguous(Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.IsContiguous ? tensor : Copy(tensor, MemoryFormat.Contiguous);
    }

    /// <summary>The tensor itself, or a temporary copy with channels last.</summary>
    public Tensor<float> ChannelsLast(Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor.IsChannelsLast ? tensor : Copy(tensor, MemoryFormat.ChannelsLast);
    }

    /// <summary>The output of a custom function: a variable that needs a gradient where there is a node.</summary>
    /// <param name="value">What the function has computed, in memory of the pass.</param>
    /// <param name="node">What backward does; null where none of the inputs needs a gradient (<see cref="Variable.NeedsGradient"/>).</param>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    /// <exception cref="InvalidOperationException">There is a node, and the pass was made by <see cref="Infer"/>.</exception>
    public Variable Record(Tensor<float> value, Node? node)
    {
        if (node is null) return Constant(value);
        if (!IsTraining) throw new InvalidOperationException("a pass made by Pass.Infer records nothing: give no node where no input needs a gradient");
        return new Variable(this, Here(value), Storage.Tape.Add(node));
    }

    /// <summary>Opens a scope at whose end temporaries return to the pool.</summary>
    public MemoryScope OpenScope() => new(Storage.Temporaries);

    /// <summary>Reads the weights behind a lock until the scope is disposed of, unless a scope around it does so already: a model's forward
    /// is of the weights between two changes.</summary>
    public ReadingScope ReadWeights(WeightLock weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new(this, weights);
    }

    /// <summary>Changes something of a model later, together with its weights.</summary>
    public void Defer(DeferredUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (repeated is null && Storage.Tape.Recording != TapeRecording.Repeated) Storage.Weights.Defer(update);
        else update.Release();
    }

    /// <summary>Drops the deferred changes: the step was skipped.</summary>
    public void DiscardDeferred() => storage?.Weights.ForgetUpdates();

    /// <summary>The locks of all weights that the run has used, in their order.</summary>
    internal ReadOnlySpan<WeightLock> Locks => storage is null ? [] : storage.Weights.Locks.InOrder;

    /// <summary>Has backward leave the gradient at a slot.</summary>
    internal void Retain(int slot) => Storage.Tape.Retain(slot);

    /// <summary>Applies the deferred changes.</summary>
    internal void ApplyUpdates() => storage?.Weights.ApplyUpdates(Device);

    /// <summary>A result that nothing asks a gradient of.</summary>
    internal Variable Untracked(Tensor<float> value) => new(this, value, slot: -1);

    private Tensor<float> Copy(Tensor<float> tensor, MemoryFormat format)
    {
        var copy = Rent(tensor.Shape, format);
        Device.Copy(tensor, copy);
        return copy;
    }

    private void RequireOwn(Parameter parameter, Variable variable)
    {
        if (variable.Pass != this) throw new ArgumentException($"the variable for {parameter.Name} belongs to another pass: make it in this one");
    }

    private Tensor<float> Here(Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return tensor.Device == Device || tensor.Device == Device.Home
            ? tensor
            : throw new ArgumentException($"the tensor {tensor.Shape} is on {tensor.Device.Name}, the pass on {Device.Name}: make it there");
    }

    /// <summary>A scope in which the weights behind a lock are read together.</summary>
    public readonly ref struct ReadingScope
    {
        private readonly Pass pass;
        private readonly WeightLock weights;
        private readonly WeightLock? outer;

        internal ReadingScope(Pass pass, WeightLock weights)
        {
            (this.pass, this.weights, outer) = (pass, weights, pass.reading);
            if (outer == weights) return;
            weights.EnterRead();
            pass.reading = weights;
        }

        /// <summary>Ends the scope.</summary>
        public void Dispose()
        {
            if (outer == weights) return;
            pass.reading = outer;
            weights.ExitRead();
        }
    }
}
