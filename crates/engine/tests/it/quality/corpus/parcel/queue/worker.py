"""Takes deliveries from the queue and hands them over."""

import time

from parcel.queue.backoff import GiveUp, pause_before

ATTEMPTS_MAX = 6


class Worker:
    """Works through one queue until it is told to stop."""

    def __init__(self, queue, courier, clock=time):
        self.queue = queue
        self.courier = courier
        self.clock = clock
        self.is_stopping = False

    def run(self):
        """Delivers until stopped; a failed delivery is tried again later."""
        while not self.is_stopping:
            delivery = self.queue.take()
            if delivery is None:
                self.clock.sleep(0.1)
                continue
            self.deliver(delivery)

    def deliver(self, delivery):
        for attempt in range(ATTEMPTS_MAX):
            if self.courier.hand_over(delivery):
                return
            self.clock.sleep(pause_before(attempt))
        raise GiveUp(delivery.identifier)

    def stop(self):
        """Ends the loop after the current delivery."""
        self.is_stopping = True
