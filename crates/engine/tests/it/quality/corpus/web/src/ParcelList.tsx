import { useEffect, useState } from "react";

export interface Parcel {
  identifier: string;
  status: "waiting" | "delivered" | "returned";
}

/** Shows all parcels and asks the server again every ten seconds. */
export function ParcelList({ url }: { url: string }) {
  const [parcels, setParcels] = useState<Parcel[]>([]);
  useEffect(() => {
    const refresh = async () => setParcels(await (await fetch(`${url}/parcels`)).json());
    const timer = setInterval(refresh, 10_000);
    refresh();
    return () => clearInterval(timer);
  }, [url]);
  return (
    <ul>
      {parcels.map((parcel) => (
        <li key={parcel.identifier}>{parcel.status}</li>
      ))}
    </ul>
  );
}
