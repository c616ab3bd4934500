using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>What may be done to gradients between backward and an optimiser's step.</summary>
public sealed partial class Gradients
{
    /// <summary>The parameters that have a gradient.</summary>
    public IReadOnlyCollection<Parameter> Parameters => Table.OfParameters.Keys;

    /// <summary>Multiplies the gradients of all parameters.</summary>
    /// <param name="factor">1 / n makes the mean of n gradients that were added up.</param>
    public void Scale(float factor)
    {
        foreach (var parameter in Table.OfParameters.Keys)
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(Table.OfParameters, parameter);
            var target = ForWriting(place);
            place.Device.Map(new Scale(factor), place, target);
            Put(ref place, target);
        }
    }

    /// <summary>Overwrites the gradient of a parameter: with the sum over several processes, say.</summary>
    /// <param name="parameter">One that has a gradient.</param>
    /// <param name="numbers">As many values as the parameter has, row-major.</param>
    /// <exception cref="ArgumentException">The parameter has no gradient, or there are not as many values as it has.</exception>
    public void Replace(Parameter parameter, ReadOnlySpan<float> numbers)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        RequireGradient(parameter);
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(Table.OfParameters, parameter);
        var target = ForWriting(place);
        target.CopyFrom(numbers);
        Put(ref place, target);
    }

    /// <summary>Changes the gradient of a parameter where it is computed, without a copy: a penalty on weights adds its own.</summary>
    /// <param name="parameter">One that has a gradient.</param>
    /// <param name="rule">What is done to each number of the gradient, which the rule takes for its weight.</param>
    /// <param name="operand">What the rule takes for the gradient: of the parameter's shape, on the gradient's device, contiguous.</param>
    /// <param name="first">What the rule remembers first, as the operand; null where it remembers nothing.</param>
    /// <param name="second">What it remembers second; null where it remembers one thing at most.</param>
    /// <exception cref="ArgumentException">The parameter has no gradient.</exception>
    public void Change<TRule>(Parameter parameter, TRule rule, Tensor<float> operand, Tensor<float>? first = null, Tensor<float>? second = null) where TRule : unmanaged, IUpdateRule
    {
        ArgumentNullException.ThrowIfNull(parameter);
        RequireGradient(parameter);
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(Table.OfParameters, parameter);
        var target = !place.Memory.IsShared && place.IsContiguous ? place : place.Device.Rent<float>(place.Shape);
        if (target != place) place.Device.Copy(place, target);
        place.Device.Update(rule, target, operand, first, second);
        Put(ref place, target);
    }

    /// <summary>Gives a parameter a gradient, to which the next backward into this object adds: what was added up before a training was taken up again.</summary>
    /// <param name="parameter">The parameter; a gradient that it has is dropped.</param>
    /// <param name="gradient">Of the parameter's shape; it is this object's from here on.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public void Set(Parameter parameter, Tensor<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(gradient);
        if (gradient.Shape != parameter.Shape)
            ShapeException.Throw("set gradient", $"{gradient.Shape} does not fit {parameter.Name} {parameter.Shape}", "a gradient has its parameter's shape");
        if (Table.OfParameters.Remove(parameter, out var older)) older.Memory.Release();
        Table.OfParameters.Add(parameter, gradient);
    }

    /// <summary>The gradient itself where nothing else holds its memory, else new memory.</summary>
    private static Tensor<float> ForWriting(Tensor<float> gradient) =>
        !gradient.Memory.IsShared && gradient.IsDense ? gradient : gradient.Device.Rent<float>(gradient.Shape);

    private void RequireGradient(Parameter parameter)
    {
        if (!Table.OfParameters.ContainsKey(parameter))
            throw new ArgumentException($"'{parameter.Name}' has no gradient to change: it is frozen or had no part in the loss", nameof(parameter));
    }

    private static void Put(ref Tensor<float> place, Tensor<float> written)
    {
        if (written == place) return;
        place.Memory.Release();
        place = written;
    }
}
