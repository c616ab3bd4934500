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
        if (!Table.OfParameters.ContainsKey(parameter))
            throw new ArgumentException($"'{parameter.Name}' has no gradient to replace: it is frozen or had no part in the loss", nameof(parameter));
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(Table.OfParameters, parameter);
        var target = ForWriting(place);
        target.CopyFrom(numbers);
        Put(ref place, target);
    }

    /// <summary>The gradient itself where nothing else holds its memory, else new memory.</summary>
    private static Tensor<float> ForWriting(Tensor<float> gradient) =>
        !gradient.Memory.IsShared && gradient.IsDense ? gradient : gradient.Device.Rent<float>(gradient.Shape);

    private static void Put(ref Tensor<float> place, Tensor<float> written)
    {
        if (written == place) return;
        place.Memory.Release();
        place = written;
    }
}
